import { inCanonicalOrder } from './canonical-order.ts'
import { formatRecord } from './resource-record.ts'
import type { RRset } from './rrset.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * Every RRset of the zone in zone file syntax (RFC 1035 section 5), one record a line: of each domain the SOA, the apex
 * NS, then the other owners in canonical order; the reverse zones last. Equal zones give equal bytes.
 */
export function zoneFile(zone: ZoneView): string {
  const sorted = inCanonicalOrder(zone.owners.keys())
  const below = (origin: string): readonly string[] => sorted.filter((name) => zone.originOf(name)?.name === origin)
  const text = (name: string): readonly string[] => lines(name, zone.owners.get(name) ?? [])
  const reverse = zone.origins.slice(zone.apexes.length).map(({ name }) => name)
  return [
    ...zone.apexes.flatMap((apex) => [
      // The apex is the first name in canonical order, so its NS follows the SOA.
      ...lines(apex, [zone.soa(apex)]),
      ...below(apex).flatMap(text),
    ]),
    ...(reverse.length > 0 ? [`; ${reverse.map((name) => name.slice(0, -1)).join(' and ')}`] : []),
    ...reverse.flatMap(below).flatMap(text),
    '',
  ].join('\n')
}

/** Sorted, since the order of records in an RRset has no meaning. */
function lines(owner: string, rrsets: readonly RRset[]): readonly string[] {
  return rrsets.flatMap((rrset) => rrset.records(owner).map(formatRecord)).sort()
}
