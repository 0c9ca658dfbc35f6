import type { EndpointSlice } from '../model/endpoint-slice.ts'
import type { Service } from '../model/service.ts'
import { clusterIpOwners } from './cluster-ip-records.ts'
import { endpointNames, type EndpointName } from './endpoint-names.ts'
import { endpointOwners, headlessOwners, isIgnored } from './endpoint-records.ts'
import { aliasOwners } from './external-name-records.ts'
import { externalOwners, externalReverse } from './external-records.ts'
import { isName } from './name.ts'
import { reverseName } from './reverse-name.ts'
import type { RRset } from './rrset.ts'
import { serviceNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'

/** Everything that one object is answered with; the unit in which a zone changes. Never changed once made. */
export interface ServiceRecords {
  /** The namespace that the object makes visible. */
  readonly namespace: string
  /** By owner name, which no other object has. Without RRsets the name still exists: NODATA, not NXDOMAIN. */
  readonly owners: ReadonlyMap<string, readonly RRset[]>
  readonly reverse: readonly ReverseRecord[]
}

/** An owner name and its RRsets, as in `ServiceRecords.owners`. */
export type Owner = readonly [string, readonly RRset[]]

/** A wish for a PTR; several services may have one for the same address, and the zone decides. */
export interface ReverseRecord {
  /** `10.0.96.10.in-addr.arpa.` */
  readonly owner: string
  readonly target: string
  /** For a cluster IP, which hides the endpoints that have the same address. */
  readonly clusterIp: boolean
}

/**
 * The records of a service. Slices whose Service is missing have none: CoreDNS still answers PTR for them, but with
 * names that do not resolve, which fails every client that checks a reverse name forward.
 */
export function serviceRecords(
  service: Service,
  allSlices: readonly EndpointSlice[],
  options: ZoneOptions,
): ServiceRecords {
  const slices = options.noEndpoints === true ? [] : allSlices
  const names = serviceNames(service, options)
  const owners = new Map(names.filter(isName).flatMap((name) => ownersOf(service, slices, name, options)))
  const [name = ''] = names
  const reverse = owners.has(name) ? reverseOf(service, slices, name, options) : []
  return { namespace: service.namespace, owners, reverse }
}

function ownersOf(
  service: Service,
  slices: readonly EndpointSlice[],
  name: string,
  options: ZoneOptions,
): readonly Owner[] {
  if (options.external) return externalOwners(service, slices, name, options, options.external)
  if (service.type === 'ExternalName') return aliasOwners(service.externalName ?? '', name, options.ttl)
  const endpoints = endpointNames(slices, name, options)
  if (service.headless) return headlessOwners(slices, endpoints, name, options)
  if (isIgnored(slices, options)) return []
  return [
    ...clusterIpOwners(service.clusterIps, service.ports, name, options.ttl),
    ...endpointOwners(endpoints, options.ttl),
  ]
}

function reverseOf(
  service: Service,
  slices: readonly EndpointSlice[],
  name: string,
  options: ZoneOptions,
): readonly ReverseRecord[] {
  if (options.external) return externalReverse(service, name)
  if (service.type === 'ExternalName') return []
  return [
    ...service.clusterIps.map((address) => ({ owner: reverseName(address), target: name, clusterIp: true })),
    ...endpointNames(slices, name, options).flatMap(endpointReverse),
  ]
}

function endpointReverse(endpoint: EndpointName): readonly ReverseRecord[] {
  return [...endpoint.addresses].map((address) => ({
    owner: reverseName(address),
    target: endpoint.name,
    clusterIp: false,
  }))
}
