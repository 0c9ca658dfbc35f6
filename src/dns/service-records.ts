import type { EndpointSlice } from '../model/endpoint-slice.ts'
import type { Service } from '../model/service.ts'
import { familyOf, parseAddress, type Address } from '../net/address.ts'
import { endpointNames, type EndpointName } from './endpoint-names.ts'
import { isName, isWithin, spelledName } from './name.ts'
import type { RecordData } from './resource-record.ts'
import { reverseName } from './reverse-name.ts'
import { rrsetsOf, type RRset } from './rrset.ts'
import { portNames, srvRecords, type SrvRow } from './srv-records.ts'
import { apexName, type ZoneOptions } from './zone-options.ts'

/** Everything the answers of one service come from; the unit in which a zone changes. Never changed once made. */
export interface ServiceRecords {
  /** The namespace that this service makes visible. */
  readonly namespace: string
  /** By owner name, all below the service's own name. Without RRsets the name still exists: NODATA, not NXDOMAIN. */
  readonly owners: ReadonlyMap<string, readonly RRset[]>
  readonly reverse: readonly ReverseRecord[]
}

/** A wish for a PTR; several services may have one for the same address, and the zone decides. */
export interface ReverseRecord {
  /** `10.0.96.10.in-addr.arpa.` */
  readonly owner: string
  readonly target: string
  /** For a cluster IP, which hides the endpoints that have the same address. */
  readonly clusterIp: boolean
}

const noOwners: ReadonlyMap<string, readonly RRset[]> = new Map()

/**
 * The records of a service. Slices whose Service is missing have none: CoreDNS still answers PTR for them, but with
 * names that do not resolve, which fails every client that checks a reverse name forward.
 */
export function serviceRecords(
  service: Service,
  slices: readonly EndpointSlice[],
  options: ZoneOptions,
): ServiceRecords {
  const { namespace } = service
  const base = `${service.name}.${namespace}.svc.${apexName(options)}`
  if (!isName(base)) return { namespace, owners: noOwners, reverse: [] }
  if (service.type === 'ExternalName') {
    return { namespace, owners: aliasOwners(service.externalName ?? '', base, options.ttl), reverse: [] }
  }
  const endpoints = endpointNames(slices, base)
  return {
    namespace,
    owners: new Map([
      ...serviceOwners(service, slices, endpoints, base, options.ttl),
      ...endpoints.map((endpoint) => [endpoint.name, endpointRRsets(endpoint, options.ttl)] as const),
    ]),
    reverse: [
      ...service.clusterIps.map((address) => ({ owner: reverseName(address), target: base, clusterIp: true })),
      ...endpoints.flatMap(endpointReverse),
    ],
  }
}

/** An IP literal is no alias, and CoreDNS answers nothing for it. An alias of itself or of a name below leads nowhere. */
function aliasOwners(externalName: string, base: string, ttl: number): ReadonlyMap<string, readonly RRset[]> {
  const target = spelledName(externalName)
  if (target === undefined || parseAddress(externalName) !== undefined) return noOwners
  if (isWithin(target.toLowerCase(), base)) return new Map([[base, []]])
  return new Map([[base, rrsetsOf(ttl, [{ type: 'CNAME', target }])]])
}

function serviceOwners(
  service: Service,
  slices: readonly EndpointSlice[],
  endpoints: readonly EndpointName[],
  base: string,
  ttl: number,
): readonly (readonly [string, readonly RRset[]])[] {
  const addresses = service.headless ? readyAddresses(slices) : service.clusterIps
  // A headless service without a ready endpoint does not exist (DNS specification 1.1.0 section 2.4.1); one that
  // waits for its cluster IP does.
  if (service.headless && addresses.length === 0) return []
  const rows = service.headless ? endpointRows(endpoints) : clusterIpRows(service, base)
  return [
    [base, rrsetsOf(ttl, [...addresses.map(addressRecord), ...srvRecords(rows)])],
    ...[...portNames(rows, base)].map(([name, named]) => [name, rrsetsOf(ttl, srvRecords(named))] as const),
  ]
}

function readyAddresses(slices: readonly EndpointSlice[]): readonly Address[] {
  const ready = slices.flatMap((slice) => slice.endpoints.filter((endpoint) => endpoint.ready))
  return [...new Set(ready.map((endpoint) => endpoint.address))]
}

function clusterIpRows(service: Service, base: string): readonly SrvRow[] {
  return service.ports.flatMap((port) => service.clusterIps.map(() => ({ port, target: base })))
}

function endpointRows(endpoints: readonly EndpointName[]): readonly SrvRow[] {
  return endpoints.flatMap((endpoint) => endpoint.ports.map((port) => ({ port, target: endpoint.name })))
}

function endpointRRsets(endpoint: EndpointName, ttl: number): readonly RRset[] {
  return rrsetsOf(ttl, [...[...endpoint.addresses].map(addressRecord), ...srvRecords(endpointRows([endpoint]))])
}

function endpointReverse(endpoint: EndpointName): readonly ReverseRecord[] {
  return [...endpoint.addresses].map((address) => ({
    owner: reverseName(address),
    target: endpoint.name,
    clusterIp: false,
  }))
}

function addressRecord(address: Address): RecordData {
  return { type: familyOf(address) === 'IPv4' ? 'A' : 'AAAA', address }
}
