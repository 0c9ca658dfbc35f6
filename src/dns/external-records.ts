import type { EndpointSlice } from '../model/endpoint-slice.ts'
import type { Service } from '../model/service.ts'
import type { Address } from '../net/address.ts'
import { addressRecord } from './address-record.ts'
import { endpointNames } from './endpoint-names.ts'
import { headlessOwners } from './endpoint-records.ts'
import { spelledName } from './name.ts'
import type { RecordData } from './resource-record.ts'
import { reverseName } from './reverse-name.ts'
import { rrsetsOf } from './rrset.ts'
import type { Owner, ReverseRecord } from './service-records.ts'
import { portOwners, srvRecords } from './srv-records.ts'
import type { ExternalOptions, ZoneOptions } from './zone-options.ts'

/**
 * What a service is answered with in a zone of addresses outside the cluster: `cart.shop.example.org`. Without an address
 * outside it does not exist there.
 */
export function externalOwners(
  service: Service,
  slices: readonly EndpointSlice[],
  name: string,
  options: ZoneOptions,
  { label, headless }: ExternalOptions,
): readonly Owner[] {
  // Below it are the zone's own names.
  if (service.namespace === label) return []
  const addresses = externalAddresses(service)
  const hostnames = ingressHostnames(service)
  if (addresses.length + hostnames.length === 0) {
    if (!headless || !service.headless) return []
    return headlessOwners(slices, endpointNames(slices, name, options), name, options)
  }
  const targets = [...addresses.map(() => name), ...hostnames]
  const rows = targets.flatMap((target) => service.ports.map((port) => ({ port, target })))
  const data = [...addresses.map(addressRecord), ...aliases(addresses, hostnames), ...srvRecords(rows)]
  return [[name, rrsetsOf(options.ttl, data)], ...portOwners(rows, name, options.ttl)]
}

/** Load balancers that have names have no PTR of ours. */
export function externalReverse(service: Service, name: string): readonly ReverseRecord[] {
  return externalAddresses(service).map((address) => ({ owner: reverseName(address), target: name, clusterIp: false }))
}

function externalAddresses({ externalIps, ingress }: Service): readonly Address[] {
  return [...new Set([...externalIps, ...ingress.flatMap((entry) => ('address' in entry ? entry.address : []))])]
}

function ingressHostnames({ ingress }: Service): readonly string[] {
  return [...new Set(ingress.flatMap((entry) => ('hostname' in entry ? (spelledName(entry.hostname) ?? []) : [])))]
}

/** A name has one alias or none, and none beside addresses (RFC 1034 section 3.6.2); CoreDNS answers with all there are. */
function aliases(addresses: readonly Address[], [target]: readonly string[]): readonly RecordData[] {
  return addresses.length === 0 && target !== undefined ? [{ type: 'CNAME', target }] : []
}
