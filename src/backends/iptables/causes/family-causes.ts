import type { Family } from '../../../net/family.ts'
import type { Cause } from './cause.ts'

export interface FamilyCauses {
  readonly family: Family
  readonly causes: readonly Cause[]
}

/** Of these the values are addresses, which say their family. They come first, in this order. */
const addresses = [
  'cluster IP',
  'external IP',
  'load balancer IP',
  'external address',
  'source range',
  'endpoint',
  'endpoint under policy Cluster',
  'endpoint under policy Local',
]

/**
 * The causes of all families as one list: those that say the same are said once, lists of addresses become one list.
 *
 * @param named Whether to say where a cause holds: there is more than one family.
 */
export function mergeFamilies(all: readonly FamilyCauses[], named: boolean): readonly Cause[] {
  const merged = new Map<string, Cause>()
  for (const { family, causes } of all) {
    for (const cause of causes.flatMap(oneByOne)) {
      const ofAddresses = addresses.includes(cause.kind)
      const key = ofAddresses ? cause.kind : JSON.stringify(cause)
      merged.set(key, mergeCause(merged.get(key), cause, named && !ofAddresses ? [family] : []))
    }
  }
  const listed = addresses.flatMap((kind) => merged.get(kind) ?? [])
  return [...listed, ...together([...merged.values()].filter((cause) => !listed.includes(cause)))]
}

/** A list of what is there is taken apart, since families may share only some of it. */
function oneByOne(cause: Cause): readonly Cause[] {
  return 'has' in cause ? cause.has.map((value) => ({ ...cause, has: [value] })) : [cause]
}

/** What is there in the same families, in one list again. */
function together(causes: readonly Cause[]): readonly Cause[] {
  const groups = Map.groupBy(causes, (cause) =>
    'has' in cause ? JSON.stringify({ ...cause, has: [] }) : JSON.stringify(cause),
  )
  return [...groups.values()].flatMap((group) => {
    const has = group.flatMap((cause) => ('has' in cause ? cause.has : []))
    return group.slice(0, 1).map((cause) => ('has' in cause ? { ...cause, has } : cause))
  })
}

function mergeCause(known: Cause | undefined, cause: Cause, families: readonly Family[]): Cause {
  const both = [...(known?.families ?? []), ...families]
  const where = both.length > 0 && { families: both }
  if (known === undefined || !('removed' in known) || !('removed' in cause)) return { ...cause, ...where }
  return { ...known, removed: union(known.removed, cause.removed), added: union(known.added, cause.added), ...where }
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])]
}
