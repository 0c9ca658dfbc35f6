import { isWithin } from './name.ts'
import { formatRecord } from './resource-record.ts'
import type { RRset } from './rrset.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * Every RRset of the zone in zone file syntax (RFC 1035 section 5), one record a line: SOA, apex NS, then the other
 * owners in the canonical order of RFC 4034 section 6.1, which keeps what belongs to one service together; the
 * reverse zones last. Equal zones give equal bytes.
 */
export function zoneFile(zone: ZoneView): string {
  const names = [...zone.owners.keys()].map((name) => ({ name, key: canonicalKey(name) }))
  const sorted = names.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ name }) => name)
  const isForward = (name: string): boolean => isWithin(name, zone.apex)
  const text = (name: string): readonly string[] => lines(name, zone.owners.get(name) ?? [])
  return [
    // The apex is the first name in canonical order, so its NS follows the SOA.
    ...lines(zone.apex, [zone.soa(zone.apex)]),
    ...sorted.filter(isForward).flatMap(text),
    '; in-addr.arpa and ip6.arpa',
    ...sorted.filter((name) => !isForward(name)).flatMap(text),
    '',
  ].join('\n')
}

/** Labels from the root down, so that the order of texts is the canonical order of names. */
function canonicalKey(name: string): string {
  return name.split('.').reverse().join('\0')
}

/** Sorted, since the order of records in an RRset has no meaning. */
function lines(owner: string, rrsets: readonly RRset[]): readonly string[] {
  return rrsets.flatMap((rrset) => rrset.records(owner).map(formatRecord)).sort()
}
