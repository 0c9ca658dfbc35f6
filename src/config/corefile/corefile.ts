import { readBlocks } from './block-reader.ts'
import { checkTogether } from './checks.ts'
import type { Surroundings } from './imports.ts'
import type { Source } from './lexer.ts'
import type { Plugin } from './plugin.ts'
import { Problems } from './problem.ts'
import { readServerBlock } from './server-block.ts'

/** What a Corefile says. Two that mean the same are the same, whatever their comments and the order of their lines. */
export interface Corefile {
  readonly blocks: readonly ServerBlock[]
}

/** The zones that are served together, and how. */
export interface ServerBlock {
  readonly zones: readonly ServedZone[]
  /**
   * In the order in which a query meets them, whatever their order in the file; one that stands there several times keeps its
   * order.
   */
  readonly plugins: readonly Plugin[]
}

interface ServedZone {
  /** Absolute, in lower case: `cluster.local.`; `.` for every name. */
  readonly zone: string
  /** Of UDP and TCP. */
  readonly port: number
}

/** Reads a Corefile of CoreDNS. Throws a CorefileError with everything that is wrong, not only the first. */
export function parseCorefile(source: Source, surroundings: Surroundings): Corefile {
  const problems = new Problems(source.name)
  const blocks = readBlocks(source, surroundings, problems).map((block) => readServerBlock(block, problems))
  checkTogether(blocks, problems)
  problems.throwIfAny()
  return {
    blocks: blocks.map(({ zones, plugins }) => ({
      zones: zones.map(({ zone, port }) => ({ zone, port })),
      plugins: plugins.map(({ plugin }) => plugin),
    })),
  }
}
