import { setNames, type SetMember, type SetName } from './ip-set.ts'

type Sets = ReadonlyMap<SetName, ReadonlySet<string>>

export interface SetDiff {
  /** Sets that are not there. */
  readonly created: readonly SetName[]
  /** What lets packets pass comes before what asks it of them: ranges before the firewall, policy Local before Cluster. */
  readonly added: readonly SetMember[]
  /** The other way round. */
  readonly removed: readonly SetMember[]
}

/** What makes the kernel's sets the wanted ones; a set that is not wanted stays. */
export function diffSets(kernel: Sets, wanted: Sets): SetDiff {
  const names = setNames.filter((set) => wanted.has(set))
  return {
    created: names.filter((set) => !kernel.has(set)),
    added: names.toReversed().flatMap((set) => without(set, wanted, kernel)),
    removed: names.flatMap((set) => without(set, kernel, wanted)),
  }
}

function without(set: SetName, sets: Sets, others: Sets): readonly SetMember[] {
  const other = others.get(set)
  return [...(sets.get(set) ?? [])].filter((member) => other?.has(member) !== true).map((member) => ({ set, member }))
}
