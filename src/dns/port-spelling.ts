import { isAddress } from './apex.ts'
import type { Origin } from './origin.ts'
import type { RecordData } from './resource-record.ts'
import { rrsetsOf, type RRset } from './rrset.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * The RRsets of a `_port._protocol` name of a service, also when it is asked without its underscores, and with the
 * addresses that have the port. CoreDNS answers both, so clients may count on it; the zone file lists neither, since the DNS
 * specification knows neither. Undefined when the name is no such name.
 */
export function portRRsets(zone: ZoneView, origin: Origin, name: string): readonly RRset[] | undefined {
  const [port = '', protocol = '', ...labels] = name.slice(0, -origin.name.length - 1).split('.')
  const { external } = zone.options
  if (labels.length !== (external ? 2 : 3) || (external === undefined && labels[2] !== 'svc')) return undefined
  // There, two labels without an underscore are an endpoint and its cluster.
  if (zone.options.clusterset === true && !port.startsWith('_') && !protocol.startsWith('_')) return undefined
  const service = `${labels.join('.')}.${origin.name}`
  const rrsets = zone.owners.get(`${underscored(port)}.${underscored(protocol)}.${service}`)
  if (rrsets === undefined) return undefined
  return [...rrsets, ...addressesOf(zone, rrsets)]
}

/** The addresses of the hosts that SRV records name. */
function addressesOf(zone: ZoneView, rrsets: readonly RRset[]): readonly RRset[] {
  const hosts = new Set(
    rrsets.flatMap(({ data }) => data.flatMap((record) => (record.type === 'SRV' ? record.target : []))),
  )
  const found = [...hosts].flatMap((host) => (zone.owners.get(host) ?? []).filter(({ type }) => isAddress(type)))
  return hosts.size === 1 ? found : rrsetsOf(zone.options.ttl, distinct(found))
}

/** Pods with different names may share an address, as those on the host's network do. */
function distinct(rrsets: readonly RRset[]): readonly RecordData[] {
  const records = rrsets.flatMap(({ data }) => data)
  return [
    ...new Map(records.map((data) => [data.type === 'A' || data.type === 'AAAA' ? data.address : data, data])).values(),
  ]
}

function underscored(label: string): string {
  return label.startsWith('_') ? label : `_${label}`
}
