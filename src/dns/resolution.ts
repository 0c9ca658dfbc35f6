import { isAddress, nameServersOf } from './apex.ts'
import { computedRRsets } from './computed-names.ts'
import { portRRsets } from './port-spelling.ts'
import { recordTypes } from './record-type.ts'
import type { RRset } from './rrset.ts'
import type { Origin } from './origin.ts'
import type { ZoneView } from './zone-view.ts'

export type Rcode = 'NOERROR' | 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED'

/** An RRset and the owner name it is answered with. */
export interface PlacedRRset {
  readonly owner: string
  readonly rrset: RRset
}

/** What a question comes to, before it is written as a message or as text. */
export interface Resolution {
  readonly rcode: Rcode
  /** The zone that the name lies in; absent exactly when refused. */
  readonly origin?: Origin
  readonly answers: readonly PlacedRRset[]
  readonly authority: readonly PlacedRRset[]
  readonly additional: readonly PlacedRRset[]
  /** Where the chain of aliases in the answers leaves the zone, e.g. `api.example.net.`; absent when it ends inside. */
  readonly outside?: string
}

const refused: Resolution = { rcode: 'REFUSED', answers: [], authority: [], additional: [] }
const maxAliases = 10

/** Answers a question; the name is absolute and lower-cased, e.g. `front.web.svc.cluster.local.`. */
export function resolve(zone: ZoneView, name: string, type: number): Resolution {
  const origin = zone.originOf(name)
  if (origin === undefined || type === recordTypes.AXFR || type === recordTypes.IXFR) return refused
  if (type === recordTypes.SOA && name === origin.name)
    return positive(zone, origin, [{ owner: name, rrset: zone.soa(origin.name) }])
  const atApex = type === recordTypes.NS && name === origin.name
  const rrset = ofType(atApex ? nameServersOf(zone, origin) : zone.owners.get(name), type)
  if (rrset) return positive(zone, origin, [{ owner: name, rrset }])
  return followAliases(zone, origin, name, type)
}

/**
 * `_port._protocol` names, A and AAAA of an ExternalName, and denials. A target outside the zone is left to the caller.
 * When a target inside has no such record, CoreDNS answers NODATA without the CNAME; here the CNAME stays and the rcode
 * is that of the last name (RFC 6604), so that whoever reads the answer sees where the name leads and what is missing.
 */
function followAliases(zone: ZoneView, origin: Origin, name: string, type: number): Resolution {
  const answers: PlacedRRset[] = []
  const seen = new Set<string>()
  for (let owner = name; seen.size <= maxAliases && !seen.has(owner.toLowerCase());) {
    const key = owner.toLowerCase()
    seen.add(key)
    const rrsets = portRRsets(zone, origin, key) ?? zone.owners.get(key) ?? computedRRsets(zone, origin, key)
    const rrset = ofType(rrsets, type)
    if (rrset) return positive(zone, origin, [...answers, { owner, rrset }])
    // Other types than addresses are not looked for at the target: NODATA at the alias, as CoreDNS answers.
    const alias = isAddress(type) ? ofType(rrsets, recordTypes.CNAME) : undefined
    const [data] = alias?.data ?? []
    if (alias === undefined || data?.type !== 'CNAME')
      return negative(zone, origin, answers, rrsets !== undefined || zone.exists(key))
    answers.push({ owner, rrset: alias })
    owner = data.target
    if (zone.originOf(owner.toLowerCase()) !== origin) return { ...positive(zone, origin, answers), outside: owner }
  }
  return positive(zone, origin, answers)
}

function positive(zone: ZoneView, origin: Origin, answers: readonly PlacedRRset[]): Resolution {
  return {
    rcode: 'NOERROR',
    origin,
    answers,
    authority: [],
    additional: answers.flatMap(({ rrset }) => additionalOf(zone, rrset)),
  }
}

/**
 * NODATA if the name exists, for any type, else NXDOMAIN. CoreDNS denies some names that exist (TXT at a namespace, A at
 * `dns-version`, other types than PTR at an address, `_tcp.front.web`) and confirms SOA at some that do not; here
 * existence does not depend on the type, because resolvers that follow RFC 8020 deny all below a denied name.
 */
function negative(zone: ZoneView, origin: Origin, answers: readonly PlacedRRset[], exists: boolean): Resolution {
  const rcode = exists ? 'NOERROR' : zone.synced ? 'NXDOMAIN' : 'SERVFAIL'
  return { rcode, origin, answers, authority: [{ owner: origin.name, rrset: zone.soa(origin.name) }], additional: [] }
}

/** The addresses of the hosts that SRV and NS records name. */
function additionalOf(zone: ZoneView, rrset: RRset): readonly PlacedRRset[] {
  if (rrset.type !== recordTypes.SRV && rrset.type !== recordTypes.NS) return []
  const hosts = new Set(rrset.data.flatMap((data) => (data.type === 'SRV' || data.type === 'NS' ? data.target : [])))
  return [...hosts].flatMap((owner) =>
    (zone.owners.get(owner) ?? []).filter(({ type }) => isAddress(type)).map((address) => ({ owner, rrset: address })),
  )
}

function ofType(rrsets: readonly RRset[] | undefined, type: number): RRset | undefined {
  return rrsets?.find((rrset) => rrset.type === type)
}
