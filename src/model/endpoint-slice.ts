import { familyOf, parseAddress, type Address } from '../net/address.ts'
import { families, type Family } from '../net/family.ts'
import { protocols, type Protocol } from '../net/protocol.ts'
import type { Field } from './field.ts'
import { parseLabels, type Labels } from './labels.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { isLabel, labelOf } from './name.ts'
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
  /** `targetRef.name`, where that is one label of a DNS name: a pod's name may have dots, and more than 63 characters. */
  readonly podName?: string
  readonly nodeName?: string
  /** The topology zone that it runs in, e.g. `eu-west-1a`. */
  readonly zone?: string
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
  readonly labels?: Labels
  readonly family: Family
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
  /**
   * When the pod or Service changed that made this slice change, in milliseconds since 1970, as the slice's controller says;
   * absent when nothing does. Source: annotation `endpoints.kubernetes.io/last-change-trigger-time`.
   */
  readonly changeTriggeredAt?: number
  /** As for a Service. */
  readonly proxiedElsewhere: boolean
}

/** Undefined for slices that no rule or answer comes from: without a service, or of address type FQDN. */
export function parseEndpointSlice(object: Field): EndpointSlice | undefined {
  const metadata = parseMetadata(object)
  const labels = object.get('metadata').get('labels')
  const serviceName = labelOf(labels.get('kubernetes.io/service-name'))
  const family = parseAddressType(object)
  if (serviceName === undefined || family === 'FQDN') return undefined
  return {
    kind: 'EndpointSlice',
    ...metadata,
    serviceName,
    ...optional('labels', parseLabels(object.get('metadata'))),
    family,
    ports: parseSlicePorts(object),
    endpoints: parseEndpoints(object, family),
    proxiedElsewhere: isProxiedElsewhere(labels),
    ...optional('changeTriggeredAt', changeTriggeredAt(object)),
  }
}

/** Nothing depends on it but a figure, so a time that cannot be read is none. */
function changeTriggeredAt(object: Field): number | undefined {
  const annotation = object.get('metadata').get('annotations').get('endpoints.kubernetes.io/last-change-trigger-time')
  const time = typeof annotation.value === 'string' ? Date.parse(annotation.value) : NaN
  return Number.isNaN(time) ? undefined : time
}

export function parseAddressType(object: Field): Family | 'FQDN' {
  const type = object.get('addressType').oneOf([...families, 'FQDN'])
  if (type === undefined) throw object.get('addressType').error('one of IPv4, IPv6, FQDN')
  return type
}

export function parseSlicePorts(object: Field): readonly EndpointPort[] {
  return object.get('ports').items().flatMap(parsePort)
}

export function parseEndpoints(object: Field, family: Family): readonly Endpoint[] {
  return object
    .get('endpoints')
    .items()
    .flatMap((endpoint) => parseEndpoint(endpoint, family) ?? [])
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
    ...optional('podName', podName(endpoint.get('targetRef').get('name'))),
    ...optional('nodeName', endpoint.get('nodeName').text()),
    ...optional('zone', endpoint.get('zone').text()),
    ...optional('zoneHints', names(hints.get('forZones'))),
    ...optional('nodeHints', names(hints.get('forNodes'))),
  }
}

function podName(field: Field): string | undefined {
  const text = field.text() ?? ''
  return isLabel(text) ? text : undefined
}

function names(list: Field): readonly string[] | undefined {
  const found = list.items().flatMap((item) => item.get('name').text() ?? [])
  return found.length > 0 ? found : undefined
}
