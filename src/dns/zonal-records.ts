import { addressRecord } from './address-record.ts'
import { endpointNames, type EndpointList } from './endpoint-names.ts'
import { nameBytes } from './name.ts'
import { rrsetsOf, type RRset } from './rrset.ts'
import type { Owner } from './service-records.ts'
import { endpointRows, srvRecords } from './srv-records.ts'
import type { ZoneOptions } from './zone-options.ts'

/**
 * The names of a headless service's endpoints in each topology zone that has some, and what all such names stand below:
 * `eu-west-1a.pin._zone.mongo.db.svc.cluster.local`, and `prefer` in place of `pin`. What is asked for other zones is
 * computed, see zonal-name.ts.
 */
export function zonalOwners(slices: readonly EndpointList[], name: string, options: ZoneOptions): readonly Owner[] {
  const owners = (directive: string): readonly Owner[] => {
    const parent = `${directive}._zone.${name}`
    return [[parent, []], ...byZone.map(([zone, rrsets]) => [`${zone}.${parent}`, rrsets] as const)]
  }
  const byZone = zonesOf(slices).map((zone) => [zone, zoneRRsets(slices, zone, name, options)] as const)
  return [...owners('pin'), ...owners('prefer')].filter(([owner]) => nameBytes(owner) !== undefined)
}

/** In lower case; a zone's name may have dots. */
function zonesOf(slices: readonly EndpointList[]): readonly string[] {
  const ready = slices.flatMap((slice) => slice.endpoints.filter((endpoint) => endpoint.ready))
  return [...new Set(ready.flatMap(({ zone }) => zone?.toLowerCase() ?? []))].filter((zone) => zone !== '')
}

function zoneRRsets(
  slices: readonly EndpointList[],
  zone: string,
  name: string,
  options: ZoneOptions,
): readonly RRset[] {
  const inZone = slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.filter((endpoint) => endpoint.zone?.toLowerCase() === zone),
  }))
  const endpoints = endpointNames(inZone, name, options)
  const addresses = new Set(endpoints.flatMap((endpoint) => [...endpoint.addresses]))
  return rrsetsOf(options.ttl, [...[...addresses].map(addressRecord), ...srvRecords(endpointRows(endpoints))])
}
