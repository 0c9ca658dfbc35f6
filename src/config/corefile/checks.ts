import { checkListeners } from './check-listeners.ts'
import { checkLoops } from './check-loops.ts'
import { checkNeeds } from './check-needs.ts'
import type { Problems } from './problem.ts'
import type { ReadBlock } from './server-block.ts'

/** Finds what is wrong between parts of a Corefile of which each is right. */
export function checkTogether(blocks: readonly ReadBlock[], problems: Problems): void {
  checkListeners(blocks, problems)
  for (const block of blocks) {
    checkNeeds(block, problems)
    checkLoops(block, problems)
  }
}
