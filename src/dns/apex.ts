import { recordTypes } from './record-type.ts'
import { RRset } from './rrset.ts'
import type { Owner } from './service-records.ts'
import type { ExternalOptions, ZoneOptions } from './zone-options.ts'
import type { Origin } from './origin.ts'
import type { Owners, ZoneView } from './zone-view.ts'

/** The Service that clients know the cluster DNS by; its cluster IPs are the addresses of our name servers. */
export const nameServerService = 'kube-system/kube-dns'

/** TXT `dns-version`: the version of the DNS-Based Service Discovery specification that the zone follows, and its TTL. */
export const dnsVersion = new RRset('TXT', 28800, [{ type: 'TXT', text: '1.1.0' }])

/** The SOA of a zone; its names are below whichever apex was asked, as CoreDNS has them. */
export function soaOf(apex: string, serial: number, { ttl, external }: ZoneOptions): RRset {
  const nameServer = nameServerName(apex, external)
  const mailbox = external ? `hostmaster.${external.label}.${apex}` : `hostmaster.${apex}`
  // A resolver keeps a denial for the TTL of its SOA (RFC 2308 section 5): five minutes at most, as in CoreDNS.
  const soaTtl = external ? ttl : Math.min(ttl, 300)
  return new RRset('SOA', soaTtl, [{ type: 'SOA', nameServer, mailbox, serial, minimum: ttl }])
}

/**
 * NS at the apex, and `ns.dns` with the name servers' addresses. An agent on every node answers for the one cluster DNS
 * address, so the zone names the kube-dns Service rather than a node; without it `ns.dns` stands alone. A zone of addresses
 * outside the cluster is found through those of that Service, as `ns1.dns`.
 */
export function nameServerOwners(
  apex: string,
  { ttl, external }: ZoneOptions,
  owners: Pick<Owners, 'get'>,
): readonly Owner[] {
  const service = external ? `kube-dns.kube-system.${apex}` : `kube-dns.kube-system.svc.${apex}`
  const addresses = (owners.get(service) ?? []).filter((rrset) => isAddress(rrset.type))
  const own = nameServerName(apex, external)
  const target = addresses.length > 0 && external === undefined ? service : own
  return [
    [apex, [new RRset('NS', ttl, [{ type: 'NS', target }])]],
    [own, addresses],
  ]
}

/** The NS of a zone; a reverse zone has the name servers of the cluster domain that its records point into. */
export function nameServersOf(zone: ZoneView, origin: Origin): readonly RRset[] {
  const owner = zone.apexes.includes(origin.name) ? origin.name : zone.apex
  return (zone.owners.get(owner) ?? []).filter(({ type }) => type === recordTypes.NS)
}

function nameServerName(apex: string, external: ExternalOptions | undefined): string {
  return external ? `ns1.${external.label}.${apex}` : `ns.dns.${apex}`
}

export function isAddress(type: number): boolean {
  return type === recordTypes.A || type === recordTypes.AAAA
}
