import type { Family } from '../../net/family.ts'
import { addLine, createLine, deleteLine, type SetMember, type SetName } from './ip-set.ts'

type Sets = ReadonlyMap<SetName, ReadonlySet<string>>

/** Lines for `ipset restore`: additions before the rules that ask for them, removals after whatever was reached by them. */
export interface SetDiff {
  /** Sets that are not there, then members. */
  readonly additions: readonly string[]
  readonly removals: readonly string[]
}

/** What makes the kernel's sets the wanted ones; a set that is not wanted stays. */
export function diffSets(kernel: Sets, wanted: Sets, family: Family): SetDiff {
  const created = [...wanted.keys()].filter((set) => !kernel.has(set))
  return {
    additions: [
      ...created.map((set) => createLine(set, family)),
      ...without(wanted, kernel).map((member) => addLine(member, family)),
    ],
    removals: without(kernel, wanted)
      .filter(({ set }) => wanted.has(set))
      .map((member) => deleteLine(member, family)),
  }
}

function without(sets: Sets, others: Sets): readonly SetMember[] {
  return [...sets].flatMap(([set, members]) =>
    [...members].filter((member) => others.get(set)?.has(member) !== true).map((member) => ({ set, member })),
  )
}
