import { isAddress, nameServersOf } from './apex.ts'
import { inCanonicalOrder } from './canonical-order.ts'
import type { PlacedRRset } from './resolution.ts'
import type { Origin } from './origin.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * All that one zone holds, each RRset once, in the order of a transfer (RFC 5936 section 2.2): SOA, name servers and
 * their addresses, then what is left by name, which keeps a service together, and the SOA again. The zone must not change
 * meanwhile: take all before the first is sent.
 */
export function* zoneTransfer(zone: ZoneView, origin: Origin): Generator<PlacedRRset> {
  const soa = { owner: origin.name, rrset: zone.soa(origin.name) }
  const first = nameServerRRsets(zone, origin)
  const sent = new Set(first.map(keyOf))
  yield soa
  yield* first
  for (const owner of inCanonicalOrder(zone.owners.keys())) {
    if (zone.originOf(owner) !== origin) continue
    for (const rrset of zone.owners.get(owner) ?? []) {
      const placed = { owner, rrset }
      if (!sent.has(keyOf(placed))) yield placed
    }
  }
  yield soa
}

function nameServerRRsets(zone: ZoneView, origin: Origin): readonly PlacedRRset[] {
  const servers = nameServersOf(zone, origin)
  const hosts = servers.flatMap(({ data }) => data.flatMap((record) => (record.type === 'NS' ? record.target : [])))
  // Those of a reverse zone have their addresses elsewhere.
  const inside = hosts.filter((host) => zone.originOf(host) === origin)
  const addresses = inside.flatMap((owner) =>
    (zone.owners.get(owner) ?? []).filter(({ type }) => isAddress(type)).map((rrset) => ({ owner, rrset })),
  )
  return [...servers.map((rrset) => ({ owner: origin.name, rrset })), ...addresses]
}

function keyOf({ owner, rrset }: PlacedRRset): string {
  return `${owner} ${rrset.type}`
}
