import type { Address } from '../../src/net/address.ts'
import { families, type Family } from '../../src/net/family.ts'
import type { Protocol } from '../../src/net/protocol.ts'
import { addressIn, endpointOf, nodeNameOf, type Endpoint } from './places.ts'

interface TablePort {
  readonly name: string
  readonly protocol: Protocol
  readonly port: number
  readonly targetPort: number
  /** In place of those of the service. */
  readonly endpoints?: readonly EndpointText[]
}

/**
 * `here` is ready, `here~` terminating but serving, `here?` not ready but serving, `here!` neither;
 * `here:zone-a` is hinted to a zone, `here>node-1` to a node.
 */
type EndpointText = `${Endpoint}${'' | '~' | '?' | '!'}${'' | `:${string}`}${'' | `>${string}`}`

/** A service that, unless its spec says otherwise, has every kind of address in both families. */
export interface TableService {
  readonly name: string
  /** The last part of all its addresses. */
  readonly id: number
  readonly endpoints: readonly EndpointText[]
  readonly spec?: object
  readonly ports?: readonly TablePort[]
}

/** An address of the service with this last part: `198.51.100.1`, `2001:db8:198::1`. */
export const serviceAddress = {
  'cluster IP': (family: Family, id: number): Address => (family === 'IPv4' ? `10.96.0.${id}` : `2001:db8:96::${id}`),
  'external IP': (family: Family, id: number): Address =>
    family === 'IPv4' ? `198.51.100.${id}` : `2001:db8:198::${id}`,
  'load balancer IP': (family: Family, id: number): Address => serviceAddress['external IP'](family, 100 + id),
  'second load balancer IP': (family: Family, id: number): Address => serviceAddress['external IP'](family, 200 + id),
} as const

export function portsOf({ ports }: TableService): readonly TablePort[] {
  return ports ?? [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }]
}

export function nodePortOf(service: TableService, portName: string): number {
  return 30_000 + 10 * service.id + portsOf(service).findIndex((port) => port.name === portName)
}

export function healthCheckPortOf({ id }: TableService): number {
  return 32_000 + id
}

/** A service and its slices, as the API server would print them. */
export function objectsOf(service: TableService): readonly unknown[] {
  return [serviceObject(service), ...families.flatMap((family) => sliceObjects(service, family))]
}

function serviceObject(service: TableService): unknown {
  const { name, id, spec } = service
  const addresses = (kind: keyof typeof serviceAddress) => families.map((family) => serviceAddress[kind](family, id))
  const type = 'LoadBalancer'
  const vips = [...addresses('load balancer IP'), ...addresses('second load balancer IP')]
  const fields = { type, ...spec }
  const exposed = fields.type === 'LoadBalancer'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: {
      clusterIP: addresses('cluster IP')[0],
      clusterIPs: addresses('cluster IP'),
      ipFamilies: families,
      externalIPs: addresses('external IP'),
      ports: portsOf(service).map((port) => ({
        name: port.name,
        protocol: port.protocol,
        port: port.port,
        ...(exposed && { nodePort: nodePortOf(service, port.name) }),
      })),
      ...(exposed && { healthCheckNodePort: healthCheckPortOf(service) }),
      ...fields,
    },
    status: { loadBalancer: exposed ? { ingress: vips.map((ip) => ({ ip })) } : {} },
  }
}

/** One slice for each port, because each may have endpoints of its own. */
function sliceObjects(service: TableService, family: Family): readonly unknown[] {
  const { name } = service
  return portsOf(service).map((port) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'shop',
      name: `${name}-${port.name}-${family.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    ports: [{ name: port.name, protocol: port.protocol, port: port.targetPort }],
    endpoints: (port.endpoints ?? service.endpoints).map((text) => endpointObject(text, family)),
  }))
}

function endpointObject(text: EndpointText, family: Family): unknown {
  const [, place = '', mark = '', zone, node] = /^(\w+)([~?!]?)(?::([\w-]+))?(?:>([\w-]+))?$/.exec(text) ?? []
  const endpoint = endpointOf(place)
  return {
    addresses: [addressIn(family, endpoint)],
    nodeName: nodeNameOf(endpoint),
    conditions: { ready: mark === '', serving: mark !== '!', terminating: mark === '~' },
    hints: {
      ...(zone !== undefined && { forZones: [{ name: zone }] }),
      ...(node !== undefined && { forNodes: [{ name: node }] }),
    },
  }
}
