import type { ImportedSlice } from '../model/imported-slice.ts'
import type { ServiceImport } from '../model/service-import.ts'
import { clusterIpOwners } from './cluster-ip-records.ts'
import { endpointNames } from './endpoint-names.ts'
import { endpointOwners, headlessOwners, isIgnored } from './endpoint-records.ts'
import { isName } from './name.ts'
import type { Owner, ServiceRecords } from './service-records.ts'
import { serviceNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'

/**
 * The records of a service that clusters offer together; its endpoints are named with their cluster,
 * `mongo-0.berlin.mongo.db.svc.clusterset.local`. Its addresses have no PTR (KEP-1645).
 */
export function importRecords(
  imported: ServiceImport,
  allSlices: readonly ImportedSlice[],
  options: ZoneOptions,
): ServiceRecords {
  const slices = options.noEndpoints === true ? [] : allSlices
  const names = serviceNames(imported, options).filter(isName)
  const owners = new Map(names.flatMap((name) => ownersOf(imported, slices, name, options)))
  return { namespace: imported.namespace, owners, reverse: [] }
}

function ownersOf(
  imported: ServiceImport,
  slices: readonly ImportedSlice[],
  name: string,
  options: ZoneOptions,
): readonly Owner[] {
  const byCluster = Map.groupBy(slices, ({ cluster }) => cluster)
  const endpoints = [...byCluster].flatMap(([cluster, ofCluster]) =>
    endpointNames(ofCluster, `${cluster}.${name}`, options),
  )
  if (imported.headless) return headlessOwners(slices, endpoints, name, options)
  if (isIgnored(slices, options)) return []
  return [
    ...clusterIpOwners(imported.ips, imported.ports, name, options.ttl),
    ...endpointOwners(endpoints, options.ttl),
  ]
}
