import type { LabelRequirement } from '../model/label-selector.ts'

/** What the names and times of a zone are made from. All that may be absent is CoreDNS' default where it is. */
export interface ZoneOptions {
  /** The cluster domain, e.g. `cluster.local`, which PTR records point into; a final dot and upper case are read as none. */
  readonly domain: string
  /** Seconds that a client may keep an answer, and a denial. CoreDNS' default is 5. */
  readonly ttl: number
  /** Domains with the same names below them. */
  readonly otherDomains?: readonly string[]
  /** The zones that PTR records are in; absent: `in-addr.arpa` and `ip6.arpa`, which hold every address. */
  readonly reverseZones?: readonly string[]
  /** The namespaces that are answered for; absent: all. */
  readonly namespaces?: readonly string[]
  /** What a namespace must have to be answered for; absent: nothing. */
  readonly namespaceLabels?: readonly LabelRequirement[]
  /** What Services, EndpointSlices and pods must have to be answered for; absent: nothing. */
  readonly labels?: readonly LabelRequirement[]
  /** Names of pods: of any address in a namespace that exists, or of the pods that there are; absent: none. */
  readonly pods?: 'insecure' | 'verified'
  /** An endpoint without a hostname is called like its pod rather than like its address. */
  readonly endpointPodNames?: boolean
  /** As if there were no EndpointSlices. */
  readonly noEndpoints?: boolean
  /** A Service with a cluster IP but without a ready endpoint does not exist. */
  readonly ignoreEmptyServices?: boolean
  /** With names for the endpoints of one topology zone: `eu-west-1a.pin._zone.mongo.db.svc.cluster.local`. */
  readonly zonal?: boolean
  /** A zone of addresses outside the cluster, `cart.shop.example.org`; absent: a zone of Services and their endpoints. */
  readonly external?: ExternalOptions
  /** A zone of what several clusters offer together, made from ServiceImports (KEP-1645) in place of Services. */
  readonly clusterset?: boolean
}

export interface ExternalOptions {
  /** The label below which the zone's own names are: `dns` for `ns1.dns.example.org`. */
  readonly label: string
  /** With the endpoints of headless Services that have no address outside. */
  readonly headless: boolean
}
