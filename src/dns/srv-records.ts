import { protocolWord, type Protocol } from '../net/protocol.ts'
import type { EndpointName } from './endpoint-names.ts'
import { isName } from './name.ts'
import type { RecordData } from './resource-record.ts'
import { rrsetsOf } from './rrset.ts'
import type { Owner } from './service-records.ts'

/** One way to reach a service: a port at one cluster IP, or at one endpoint. */
export interface SrvRow {
  readonly port: { readonly name: string; readonly protocol: Protocol; readonly port: number }
  readonly target: string
}

/**
 * SRV records of these rows: equal weights that add up to 100 over all rows, also over those that then turn out to say
 * the same. So 53/UDP, 53/TCP and 9153/TCP give two records of weight 33, as CoreDNS does.
 */
export function srvRecords(rows: readonly SrvRow[]): readonly RecordData[] {
  const weight = Math.max(1, Math.floor(100 / rows.length))
  const distinct = new Map(rows.map(({ port, target }) => [`${port.port} ${target}`, { port: port.port, target }]))
  return [...distinct.values()].map(({ port, target }) => ({ type: 'SRV', weight, port, target }))
}

export function endpointRows(endpoints: readonly EndpointName[]): readonly SrvRow[] {
  return endpoints.flatMap((endpoint) => endpoint.ports.map((port) => ({ port, target: endpoint.name })))
}

/** Each `_port._protocol` name below `base`, with its rows' records; a port without name has none (RFC 2782). */
export function portOwners(rows: readonly SrvRow[], base: string, ttl: number): readonly Owner[] {
  const named = rows.filter(({ port }) => port.name !== '')
  const byName = Map.groupBy(named, ({ port }) => `_${port.name}._${protocolWord(port.protocol)}.${base}`)
  // Kubernetes allows port names of 63 characters; with the underscore that is one more than a label holds.
  return [...byName].filter(([name]) => isName(name)).map(([name, of]) => [name, rrsetsOf(ttl, srvRecords(of))])
}
