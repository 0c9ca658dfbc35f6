import { isAddress } from './apex.ts'
import type { RRset } from './rrset.ts'
import type { Origin, Zone } from './zone.ts'

/**
 * The RRsets of a `_port._protocol` name of a service, also when it is asked without its underscores, and with the
 * service's addresses. CoreDNS answers both, so clients may count on it; the zone file lists neither, since the DNS
 * specification knows neither. Undefined when the name is no such name.
 */
export function portRRsets(zone: Zone, origin: Origin, name: string): readonly RRset[] | undefined {
  const [port = '', protocol = '', ...labels] = name.slice(0, -origin.name.length - 1).split('.')
  if (labels.length !== 3 || labels[2] !== 'svc') return undefined
  const service = `${labels.join('.')}.${origin.name}`
  const rrsets = zone.owners.get(`${underscored(port)}.${underscored(protocol)}.${service}`)
  if (rrsets === undefined) return undefined
  return [...rrsets, ...(zone.owners.get(service) ?? []).filter(({ type }) => isAddress(type))]
}

function underscored(label: string): string {
  return label.startsWith('_') ? label : `_${label}`
}
