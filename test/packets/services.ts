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

interface TableService {
  readonly name: string
  /** The last part of all its addresses. */
  readonly id: number
  readonly endpoints: readonly EndpointText[]
  readonly spec?: object
  readonly ports?: readonly TablePort[]
}

const externalLocal = { externalTrafficPolicy: 'Local' }
const internalLocal = { internalTrafficPolicy: 'Local' }
const bothLocal = { ...externalLocal, ...internalLocal }
/** The first holds the client, the second the node; the third and fourth are the same in IPv6. */
const ranges = ['203.0.113.0/25', ' 192.0.2.0/24', '2001:db8:203::/120', '2001:db8:192::/64']
const both = ['here', 'there'] as const

/** The one cluster of the packet table: every service has every kind of address. Zone of this node: zone-a. */
const table = [
  { name: 'plain', id: 1, endpoints: both },
  { name: 'external-local', id: 2, endpoints: both, spec: externalLocal },
  { name: 'internal-local', id: 3, endpoints: both, spec: internalLocal },
  { name: 'both-local', id: 4, endpoints: both, spec: bothLocal },
  { name: 'two-local', id: 5, endpoints: ['here', 'beside', 'there'], spec: bothLocal },
  { name: 'remote-only', id: 6, endpoints: ['there'], spec: bothLocal },
  { name: 'external-local-remote-only', id: 7, endpoints: ['there'], spec: externalLocal },
  { name: 'internal-local-remote-only', id: 8, endpoints: ['there'], spec: internalLocal },
  { name: 'idle', id: 9, endpoints: [] },
  { name: 'idle-local', id: 10, endpoints: [], spec: bothLocal },
  { name: 'three', id: 11, endpoints: ['here', 'there', 'yonder'] },
  { name: 'four', id: 12, endpoints: ['here', 'beside', 'there', 'yonder'] },
  { name: 'sticky', id: 13, endpoints: both, spec: { sessionAffinity: 'ClientIP' } },
  { name: 'on-node', id: 14, endpoints: ['node'] },
  { name: 'on-node-local', id: 15, endpoints: ['node', 'there'], spec: externalLocal },

  { name: 'ranged', id: 16, endpoints: both, spec: { loadBalancerSourceRanges: ranges } },
  { name: 'ranged-local', id: 17, endpoints: both, spec: { loadBalancerSourceRanges: ranges, ...externalLocal } },
  {
    name: 'ranged-remote-only',
    id: 18,
    endpoints: ['there'],
    spec: { loadBalancerSourceRanges: ranges, ...externalLocal },
  },
  { name: 'ranged-idle', id: 19, endpoints: [], spec: { loadBalancerSourceRanges: ranges } },
  {
    name: 'ranged-pods',
    id: 20,
    endpoints: both,
    spec: { loadBalancerSourceRanges: ['10.244.0.0/16', '2001:db8:244::/48'] },
  },
  { name: 'ranged-ipv4', id: 21, endpoints: both, spec: { loadBalancerSourceRanges: ['203.0.113.0/25'] } },

  // Terminating endpoints, policy Local.
  { name: 'local-ready-and-draining', id: 22, endpoints: ['here', 'beside~', 'there', 'yonder~'], spec: externalLocal },
  { name: 'local-draining', id: 23, endpoints: ['here~', 'there'], spec: externalLocal },
  { name: 'all-draining-local', id: 24, endpoints: ['here~', 'there~'], spec: externalLocal },
  { name: 'remote-draining', id: 25, endpoints: ['here!', 'there~'], spec: externalLocal },
  { name: 'none-usable-local', id: 26, endpoints: ['here!', 'there!', 'yonder?'], spec: externalLocal },
  { name: 'internal-local-draining', id: 27, endpoints: ['here~', 'there'], spec: internalLocal },
  // The same, policy Cluster.
  { name: 'ready-and-draining', id: 28, endpoints: ['here', 'beside~', 'there', 'yonder~'] },
  { name: 'all-draining', id: 29, endpoints: ['here~', 'beside!', 'there~', 'yonder?'] },
  { name: 'none-usable', id: 30, endpoints: ['here!', 'there?'] },

  { name: 'zone-hints', id: 31, endpoints: ['here:zone-a', 'there:zone-b', 'yonder:zone-a'] },
  { name: 'zone-hint-missing', id: 32, endpoints: ['here:zone-a', 'there', 'yonder:zone-a'] },
  { name: 'other-zones', id: 33, endpoints: ['here:zone-b', 'there:zone-c'] },
  { name: 'zone-hints-draining', id: 34, endpoints: ['here:zone-a', 'there~', 'yonder!'] },
  { name: 'all-draining-zone-hints', id: 35, endpoints: ['here~:zone-a', 'there~:zone-b'] },
  { name: 'zone-hints-local', id: 36, endpoints: ['here:zone-b', 'there:zone-a'], spec: bothLocal },
  { name: 'node-hints', id: 37, endpoints: ['here:zone-a>node-2', 'there:zone-a>node-1'] },
  { name: 'other-nodes', id: 38, endpoints: ['here:zone-b>node-2', 'there:zone-a>node-3'] },
  { name: 'node-hint-missing', id: 39, endpoints: ['here:zone-a', 'there:zone-b>node-1'] },

  {
    name: 'protocols',
    id: 40,
    endpoints: [],
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, endpoints: ['here', 'yonder'] },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 8053, endpoints: ['there'] },
      { name: 'dns-sctp', protocol: 'SCTP', port: 53, targetPort: 9053, endpoints: both },
      { name: 'metrics', protocol: 'TCP', port: 9100, targetPort: 8080, endpoints: ['beside'] },
    ],
  },
  { name: 'external-ip-only', id: 41, endpoints: both, spec: { type: 'ClusterIP', ...externalLocal } },
] as const satisfies readonly TableService[]

export type ServiceName = (typeof table)[number]['name']

const services = new Map<string, TableService>(table.map((service) => [service.name, service]))

export function serviceOf(name: ServiceName): TableService {
  const service = services.get(name)
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

/** An address of the service with this last part: `198.51.100.1`, `2001:db8:198::1`. */
export const serviceAddress = {
  'cluster IP': (family: Family, id: number): Address => (family === 'IPv4' ? `10.96.0.${id}` : `2001:db8:96::${id}`),
  'external IP': (family: Family, id: number): Address =>
    family === 'IPv4' ? `198.51.100.${id}` : `2001:db8:198::${id}`,
  'load balancer IP': (family: Family, id: number): Address => serviceAddress['external IP'](family, 100 + id),
  'second load balancer IP': (family: Family, id: number): Address => serviceAddress['external IP'](family, 200 + id),
} as const

export function portsOf(name: ServiceName): readonly TablePort[] {
  return serviceOf(name).ports ?? [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }]
}

export function nodePortOf(name: ServiceName, portName: string): number {
  return 30_000 + 10 * serviceOf(name).id + portsOf(name).findIndex((port) => port.name === portName)
}

export function healthCheckPortOf(name: ServiceName): number {
  return 32_000 + serviceOf(name).id
}

/** Every service and its slices, as the API server would print them. */
export const serviceObjects: readonly unknown[] = table.flatMap((service) => [
  serviceObject(service.name, service),
  ...families.flatMap((family) => sliceObjects(service.name, service, family)),
])

function serviceObject(name: ServiceName, { id, spec }: TableService): unknown {
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
      ports: portsOf(name).map(({ name: port, ...rest }) => ({
        name: port,
        protocol: rest.protocol,
        port: rest.port,
        ...(exposed && { nodePort: nodePortOf(name, port) }),
      })),
      ...(exposed && { healthCheckNodePort: healthCheckPortOf(name) }),
      ...fields,
    },
    status: { loadBalancer: exposed ? { ingress: vips.map((ip) => ({ ip })) } : {} },
  }
}

/** One slice for each port, because each may have endpoints of its own. */
function sliceObjects(name: ServiceName, service: TableService, family: Family): readonly unknown[] {
  return portsOf(name).map((port) => ({
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
