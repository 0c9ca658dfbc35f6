import type { Address } from '../net/address.ts'
import { addressRecord } from './address-record.ts'
import type { EndpointList, EndpointName } from './endpoint-names.ts'
import { rrsetsOf } from './rrset.ts'
import type { Owner } from './service-records.ts'
import { endpointRows, portOwners, srvRecords } from './srv-records.ts'
import { zonalOwners } from './zonal-records.ts'
import type { ZoneOptions } from './zone-options.ts'

/** A headless service without a ready endpoint does not exist (DNS specification 1.1.0 section 2.4.1). */
export function headlessOwners(
  slices: readonly EndpointList[],
  endpoints: readonly EndpointName[],
  name: string,
  options: ZoneOptions,
): readonly Owner[] {
  const addresses = readyAddresses(slices)
  if (addresses.length === 0) return []
  const rows = endpointRows(endpoints)
  return [
    [name, rrsetsOf(options.ttl, [...addresses.map(addressRecord), ...srvRecords(rows)])],
    ...portOwners(rows, name, options.ttl),
    ...endpointOwners(endpoints, options.ttl),
    ...(options.zonal === true ? zonalOwners(slices, name, options) : []),
  ]
}

export function endpointOwners(endpoints: readonly EndpointName[], ttl: number): readonly Owner[] {
  return endpoints.map((endpoint) => [
    endpoint.name,
    rrsetsOf(ttl, [...[...endpoint.addresses].map(addressRecord), ...srvRecords(endpointRows([endpoint]))]),
  ])
}

/** A service with addresses of its own may be left out while nothing stands behind them. */
export function isIgnored(slices: readonly EndpointList[], { ignoreEmptyServices }: ZoneOptions): boolean {
  return ignoreEmptyServices === true && readyAddresses(slices).length === 0
}

function readyAddresses(slices: readonly EndpointList[]): readonly Address[] {
  const ready = slices.flatMap((slice) => slice.endpoints.filter((endpoint) => endpoint.ready))
  return [...new Set(ready.map((endpoint) => endpoint.address))]
}
