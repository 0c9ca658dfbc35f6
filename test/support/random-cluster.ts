import fc from 'fast-check'

/** API objects of a service and its slices, as random as the API server would let them be. */
export interface RandomService {
  readonly key: string
  readonly objects: readonly unknown[]
}

const port = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(80, 443), fc.constant(80))
const protocol = fc.constantFrom('TCP', 'TCP', 'UDP', 'SCTP')
const sometimes = fc.boolean()

/** What several services claim: external addresses in both families, and the cluster IP of shop/a. */
const contested = fc.subarray(['198.51.100.1', '198.51.100.2', '10.96.0.10', '2001:db8:198::1'])
const contestedNodePort = fc.constantFrom(undefined, undefined, 31001, 31002)

/** Few names and addresses, so that services come back, endpoints are shared, and slices overlap. */
const endpoint = fc.record({
  host: fc.integer({ min: 1, max: 12 }),
  ready: fc.option(fc.boolean(), { nil: undefined }),
  serving: fc.option(fc.boolean(), { nil: undefined }),
  terminating: fc.option(fc.boolean(), { nil: undefined }),
  node: fc.constantFrom('node-1', 'node-2'),
  zone: fc.constantFrom(undefined, 'zone-a', 'zone-b'),
})

export const randomService: fc.Arbitrary<RandomService> = fc
  .record({
    name: fc.constantFrom('a', 'a-b', 'b', 'c', 'd', 'web', 'x0'),
    namespace: fc.constantFrom('shop', 'shop-2'),
    type: fc.constantFrom('ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer'),
    dualStack: sometimes,
    affinity: sometimes,
    externalLocal: sometimes,
    internalLocal: sometimes,
    sourceRanges: sometimes,
    createdAt: fc.constantFrom(undefined, '2026-03-01T12:00:00Z', '2026-03-02T12:00:00Z'),
    clusterIp: fc.constantFrom(undefined, undefined, undefined, '10.96.0.99'),
    externalIps: contested,
    vips: contested,
    healthCheckNodePort: contestedNodePort,
    ports: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('http', 'dns', 'sip'), port, protocol, nodePort: contestedNodePort }),
      {
        maxLength: 3,
        selector: (item) => item.name,
      },
    ),
    slices: fc.array(fc.array(endpoint, { maxLength: 6 }), { maxLength: 3 }),
  })
  .map((made) => {
    const { name, namespace, type, ports } = made
    const metadata = { name, namespace, creationTimestamp: made.createdAt }
    // What the API server gives is the service's own, but for what is contested.
    const id = ['a', 'a-b', 'b', 'c', 'd', 'web', 'x0'].indexOf(name) + (namespace === 'shop' ? 10 : 20)
    const external = type !== 'ClusterIP'
    const clusterIp = made.clusterIp ?? `10.96.0.${id}`
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type,
        clusterIP: clusterIp,
        clusterIPs: [clusterIp, ...(made.dualStack ? [`2001:db8:96::${id}`] : [])],
        ipFamilies: ['IPv4', ...(made.dualStack ? ['IPv6'] : [])],
        ports: ports.map(({ nodePort, ...item }, i) => ({
          ...item,
          ...(external && { nodePort: nodePort ?? 30000 + id * 4 + i }),
        })),
        ...(made.affinity && { sessionAffinity: 'ClientIP' }),
        ...(external && made.externalLocal && { externalTrafficPolicy: 'Local' }),
        ...(type === 'LoadBalancer' &&
          made.externalLocal && {
            healthCheckNodePort: made.healthCheckNodePort ?? 32000 + id,
          }),
        ...(made.internalLocal && { internalTrafficPolicy: 'Local' }),
        ...(made.sourceRanges && { loadBalancerSourceRanges: ['203.0.113.0/24', '192.0.2.0/24', '2001:db8:203::/64'] }),
        externalIPs: made.externalIps,
      },
      status: {
        loadBalancer:
          type === 'LoadBalancer' ? { ingress: [`198.51.100.${100 + id}`, ...made.vips].map((ip) => ({ ip })) } : {},
      },
    }
    const slices = made.slices.flatMap((endpoints, i) =>
      (made.dualStack ? (['IPv4', 'IPv6'] as const) : (['IPv4'] as const)).map((addressType) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-${i}-${addressType.toLowerCase()}`,
          namespace,
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType,
        ports: ports.map((item) => ({ name: item.name, protocol: item.protocol, port: 8000 + i })),
        endpoints: endpoints.map(({ host, ready, serving, terminating, node, zone }) => ({
          addresses: [addressType === 'IPv4' ? `10.244.0.${host}` : `2001:db8:244::${host}`],
          conditions: { ready, serving, terminating },
          nodeName: node,
          ...(zone && { hints: { forZones: [{ name: zone }] } }),
        })),
      })),
    )
    return { key: `${namespace}/${name}`, objects: [service, ...slices] }
  })

/** The node that random clusters are planned for. */
export const randomClusterNode = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
}
