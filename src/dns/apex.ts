import { recordTypes } from './record-type.ts'
import type { RecordData } from './resource-record.ts'
import { RRset } from './rrset.ts'

/** The Service that clients know the cluster DNS by; its cluster IPs are the addresses of our name servers. */
export const nameServerService = 'kube-system/kube-dns'

/** TXT `dns-version`: the version of the DNS-Based Service Discovery specification that the zone follows, and its TTL. */
export const dnsVersion = new RRset('TXT', 28800, [{ type: 'TXT', text: '1.1.0' }])

/** The names in an SOA, each below whichever apex was asked, as CoreDNS has them. */
export const nameServerLabels = 'ns.dns.'
export const mailboxLabel = 'hostmaster.'

export function soaData(apex: string, serial: number, ttl: number): RecordData {
  const [nameServer, mailbox] = [`${nameServerLabels}${apex}`, `${mailboxLabel}${apex}`]
  return { type: 'SOA', nameServer, mailbox, serial, minimum: ttl }
}

/**
 * NS at the apex, and `ns.dns` with the name servers' addresses. An agent on every node answers for the one cluster DNS
 * address, so the zone names the kube-dns Service rather than a node; without it `ns.dns` stands alone.
 */
export function nameServerOwners(
  apex: string,
  ttl: number,
  owners: Pick<ReadonlyMap<string, readonly RRset[]>, 'get'>,
): readonly (readonly [string, readonly RRset[]])[] {
  const service = `kube-dns.kube-system.svc.${apex}`
  const addresses = (owners.get(service) ?? []).filter((rrset) => isAddress(rrset.type))
  const target = addresses.length > 0 ? service : `${nameServerLabels}${apex}`
  return [
    [apex, [new RRset('NS', ttl, [{ type: 'NS', target }])]],
    [`${nameServerLabels}${apex}`, addresses],
  ]
}

export function isAddress(type: number): boolean {
  return type === recordTypes.A || type === recordTypes.AAAA
}
