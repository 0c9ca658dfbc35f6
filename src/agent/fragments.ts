import type { ServiceFragment } from '../backends/iptables/fragment.ts'

/** By the key of the service. */
export type Fragments = ReadonlyMap<string, ServiceFragment>

/** `fragments` with those of some services as they are in `others`, or not at all. */
export function replaced(fragments: Fragments, services: ReadonlySet<string>, others: Fragments): Fragments {
  if (services.size === 0) return fragments
  const result = new Map(fragments)
  for (const key of services) {
    const other = others.get(key)
    if (other === undefined) result.delete(key)
    else result.set(key, other)
  }
  return result
}

/** In the order of the keys. */
export function sorted(fragments: Fragments): Map<string, ServiceFragment> {
  return new Map([...fragments].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Chains and rules. */
export function lineCount(fragment: ServiceFragment | undefined): number {
  return fragment?.ports.reduce((sum, port) => sum + port.chains.length + port.own.length, 0) ?? 0
}
