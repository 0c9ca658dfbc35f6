import fc from 'fast-check'
import type { Family } from '../../src/net/family.ts'

/** API objects of a service and its slices, as random as the API server would let them be. */
export interface RandomService {
  readonly key: string
  readonly objects: readonly unknown[]
}

const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP')
const sometimes = fc.boolean()

/** A load balancer address that several services have, each for ports of its own. */
export const sharedVip: Readonly<Record<Family, string>> = {
  IPv4: externalAddress('IPv4', 250),
  IPv6: externalAddress('IPv6', 250),
}
export const randomNodeAddress: Readonly<Record<Family, string>> = { IPv4: '192.0.2.7', IPv6: '2001:db8:192::7' }

/**
 * Few names and addresses, so that services come back, endpoints are shared, and slices overlap. Most endpoints are
 * pods; some are the node itself, or outside the cluster.
 */
const endpoint = fc.record({
  host: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom('node' as const, 'outside' as const) },
  ),
  ready: fc.option(fc.boolean(), { nil: undefined }),
  serving: fc.option(fc.boolean(), { nil: undefined }),
  terminating: fc.option(fc.boolean(), { nil: undefined }),
  node: fc.constantFrom('node-1', 'node-2'),
  zone: fc.constantFrom(undefined, 'zone-a', 'zone-a', 'zone-b'),
  hintedNode: fc.constantFrom(undefined, undefined, 'node-1', 'node-2'),
})

const sourceRanges = fc.subarray([
  '203.0.113.0/25',
  '192.0.2.0/24',
  '10.244.0.0/16',
  '198.51.100.0/24',
  '2001:db8:203::/120',
  '2001:db8:192::/64',
  '2001:db8:244::/48',
])

/** Of the number of a port: often the one that makes it 8010 to 8026, where the endpoints are. */
const anyFifties = fc.oneof(fc.constant(160), fc.integer({ min: 0, max: 1300 }))

/** Tells the ports of a service apart by name, and by number and protocol, as the API server does. */
const ports = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('http', 'dns', 'sip'), fifties: anyFifties, protocol }),
  {
    maxLength: 3,
    size: 'max',
    comparator: (a, b) => a.name === b.name || (a.fifties === b.fifties && a.protocol === b.protocol),
  },
)

export const randomService: fc.Arbitrary<RandomService> = fc
  .record({
    name: fc.constantFrom('a', 'a-b', 'b', 'c', 'd', 'web', 'x0'),
    namespace: fc.constantFrom('shop', 'shop-2'),
    type: fc.constantFrom('ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer'),
    dualStack: sometimes,
    affinity: sometimes,
    externalLocal: sometimes,
    internalLocal: sometimes,
    sourceRanges: fc.option(sourceRanges, { nil: undefined }),
    externalIps: fc.subarray(['own', 'shared external'] as const),
    vips: fc.subarray(['vip', 'second vip', 'shared vip'] as const),
    ports,
    slices: fc.array(fc.array(endpoint, { maxLength: 6, size: 'max' }), { maxLength: 3, size: 'max' }),
  })
  .map((made) => {
    const { name, namespace, type } = made
    const metadata = { name, namespace }
    // Addresses and node ports are the API server's to give, so they never collide; nor do ports on a shared address.
    const id = ['a', 'a-b', 'b', 'c', 'd', 'web', 'x0'].indexOf(name) + (namespace === 'shop' ? 10 : 20)
    const numbered = made.ports.map(({ fifties, ...item }) => ({ ...item, port: 50 * fifties + id }))
    const external = type !== 'ClusterIP'
    const inFamilies: readonly Family[] = made.dualStack ? ['IPv4', 'IPv6'] : ['IPv4']
    // No address is external IP and load balancer IP of one service.
    const last = { own: id, vip: 100 + id, 'second vip': 150 + id, 'shared external': 249, 'shared vip': 250 }
    const addresses = (kinds: readonly (keyof typeof last)[]) =>
      kinds.flatMap((kind) => inFamilies.map((family) => externalAddress(family, last[kind])))
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type,
        clusterIP: `10.96.0.${id}`,
        clusterIPs: [`10.96.0.${id}`, ...(made.dualStack ? [`2001:db8:96::${id}`] : [])],
        ipFamilies: ['IPv4', ...(made.dualStack ? ['IPv6'] : [])],
        ports: numbered.map((item, i) => ({ ...item, ...(external && { nodePort: 30000 + id * 4 + i }) })),
        ...(made.affinity && { sessionAffinity: 'ClientIP' }),
        ...(made.externalLocal && { externalTrafficPolicy: 'Local' }),
        ...(type === 'LoadBalancer' && made.externalLocal && { healthCheckNodePort: 32000 + id }),
        ...(made.internalLocal && { internalTrafficPolicy: 'Local' }),
        ...(made.sourceRanges && { loadBalancerSourceRanges: made.sourceRanges }),
        externalIPs: addresses(made.externalIps),
      },
      status: {
        loadBalancer: type === 'LoadBalancer' ? { ingress: addresses(made.vips).map((ip) => ({ ip })) } : {},
      },
    }
    const slices = made.slices.flatMap((endpoints, i) =>
      inFamilies.map((addressType) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-${i}-${addressType.toLowerCase()}`,
          namespace,
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType,
        ports: numbered.map((item) => ({ name: item.name, protocol: item.protocol, port: 8010 + i })),
        endpoints: endpoints.map(({ host, ready, serving, terminating, node, zone, hintedNode }) => ({
          addresses: [endpointAddress(host, addressType)],
          conditions: { ready, serving, terminating },
          nodeName: node,
          hints: {
            ...(zone && { forZones: [{ name: zone }] }),
            ...(hintedNode && { forNodes: [{ name: hintedNode }] }),
          },
        })),
      })),
    )
    return { key: `${namespace}/${name}`, objects: [service, ...slices] }
  })

/** The objects of services of which each may stand there again, changed: the last of a name counts. */
export function lastOfEach(services: readonly RandomService[]): readonly unknown[] {
  return [...new Map(services.map(({ key, objects }) => [key, objects])).values()].flat()
}

/** The node that random clusters are planned for. */
export const randomClusterNode = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
  status: {
    addresses: [
      { type: 'InternalIP', address: randomNodeAddress.IPv4 },
      { type: 'InternalIP', address: randomNodeAddress.IPv6 },
    ],
  },
}

function endpointAddress(host: number | 'node' | 'outside', family: Family): string {
  if (host === 'node') return randomNodeAddress[family]
  if (host === 'outside') return sharedVip[family]
  return family === 'IPv4' ? `10.244.0.${host}` : `2001:db8:244::${host}`
}

function externalAddress(family: Family, last: number): string {
  return family === 'IPv4' ? `198.51.100.${last}` : `2001:db8:198::${last}`
}
