import { familyOf, parseAddress, type Address } from '../net/address.ts'
import { families, type Family } from '../net/family.ts'
import { protocols, type Protocol } from '../net/protocol.ts'
import type { Field } from './field.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { labelOf } from './name.ts'
import { optional } from './optional.ts'
import { isProxiedElsewhere } from './proxied-elsewhere.ts'

export interface EndpointPort {
  readonly name: string
  readonly protocol: Protocol
  /** Absent or 0 in the object means "all ports"; such a port is not listed here. */
  readonly port: number
}

export interface Endpoint {
  readonly address: Address
  /** `conditions.ready`; absent counts as true. */
  readonly ready: boolean
  /** `conditions.serving`; absent counts as true. A terminating endpoint may still serve. */
  readonly serving: boolean
  /** `conditions.terminating`; absent counts as false. */
  readonly terminating: boolean
  readonly hostname?: string
  readonly nodeName?: string
  /** Zones that should prefer this endpoint; absent without hints. Source: KEP-2433. */
  readonly zoneHints?: readonly string[]
  /** Nodes that should prefer this endpoint; absent without hints. Source: KEP-3015. */
  readonly nodeHints?: readonly string[]
}

/** A discovery.k8s.io/v1 EndpointSlice of a service. */
export interface EndpointSlice extends Metadata {
  readonly kind: 'EndpointSlice'
  /** The name of its service, from the label `kubernetes.io/service-name`. */
  readonly serviceName: string
  readonly family: Family
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
  /** As for a Service. */
  readonly proxiedElsewhere: boolean
}

/** Undefined for slices that no rule or answer comes from: without a service, or of address type FQDN. */
export function parseEndpointSlice(object: Field): EndpointSlice | undefined {
  const metadata = parseMetadata(object)
  const labels = object.get('metadata').get('labels')
  const serviceName = labelOf(labels.get('kubernetes.io/service-name'))
  const family = object.get('addressType').oneOf([...families, 'FQDN'])
  if (family === undefined) throw object.get('addressType').error('one of IPv4, IPv6, FQDN')
  if (serviceName === undefined || family === 'FQDN') return undefined
  return {
    kind: 'EndpointSlice',
    ...metadata,
    serviceName,
    family,
    ports: object.get('ports').items().flatMap(parsePort),
    endpoints: object
      .get('endpoints')
      .items()
      .flatMap((endpoint) => parseEndpoint(endpoint, family) ?? []),
    proxiedElsewhere: isProxiedElsewhere(labels),
  }
}

function parsePort(port: Field): readonly EndpointPort[] {
  const number = port.get('port').integer(0, 65535) ?? 0
  // The API server's defaults, for manifests that never met it: name "" and protocol TCP.
  const name = labelOf(port.get('name')) ?? ''
  const protocol = port.get('protocol').oneOf(protocols) ?? 'TCP'
  return number === 0 ? [] : [{ name, protocol, port: number }]
}

/** Only the first address counts (KEP-752: all addresses of one endpoint are interchangeable); none: no endpoint. */
function parseEndpoint(endpoint: Field, family: Family): Endpoint | undefined {
  const [first] = endpoint.get('addresses').items()
  if (first === undefined) return undefined
  const address = parseAddress(first.text() ?? '')
  if (address === undefined || familyOf(address) !== family) throw first.error(`an ${family} address`)
  const conditions = endpoint.get('conditions')
  const hints = endpoint.get('hints')
  return {
    address,
    ready: conditions.get('ready').flag() ?? true,
    serving: conditions.get('serving').flag() ?? true,
    terminating: conditions.get('terminating').flag() ?? false,
    ...optional('hostname', labelOf(endpoint.get('hostname'))),
    ...optional('nodeName', endpoint.get('nodeName').text()),
    ...optional('zoneHints', names(hints.get('forZones'))),
    ...optional('nodeHints', names(hints.get('forNodes'))),
  }
}

function names(list: Field): readonly string[] | undefined {
  const found = list.items().flatMap((item) => item.get('name').text() ?? [])
  return found.length > 0 ? found : undefined
}
