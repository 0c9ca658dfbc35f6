import { describe, expect, test } from 'vitest'
import { slicesOf } from '../../src/model/cluster-state.ts'
import type { Node } from '../../src/model/node.ts'
import type { Family } from '../../src/net/family.ts'
import { claimsOf } from '../../src/plan/doors.ts'
import { planService, type PortPlan } from '../../src/plan/port-plan.ts'
import { clusterOfObjects } from '../support/cluster.ts'

const here: Node = { kind: 'Node', name: 'here', addresses: ['192.0.2.7', '2001:db8:192::7'], podCidrs: [] }
const dual = { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', '2001:db8:96::1'], ipFamilies: ['IPv4', 'IPv6'] }
const http = { name: 'http', port: 80 }

interface Given {
  readonly family?: Family
  readonly node?: Node
  readonly labels?: object
  readonly ingress?: readonly object[]
  readonly endpoints?: readonly object[]
  readonly lost?: readonly string[]
}

function state(spec: object, { labels, ingress = [], endpoints = [] }: Given) {
  const status = { loadBalancer: { ingress } }
  const metadata = { namespace: 'shop', name: 'cart', labels }
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints,
  }
  const defaults = { clusterIP: '10.96.0.1', ports: [http] }
  return clusterOfObjects([
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ...defaults, ...spec }, status },
    slice,
  ])
}

function plan(spec: object, given: Given = {}) {
  const { family = 'IPv4', node = here, lost = [] } = given
  const cluster = state(spec, given)
  const service = cluster.services.get('shop/cart')
  return planService(service, slicesOf(cluster, 'shop/cart'), family, node, new Set(lost))
}

describe('a service without rules', () => {
  test.each([
    { name: 'no cluster IP yet', spec: { clusterIP: '' } },
    { name: 'headless', spec: { clusterIP: 'None' } },
    { name: 'ExternalName', spec: { type: 'ExternalName', externalName: 'a.example' } },
    { name: 'no ports', spec: { ports: [] } },
    { name: 'of another proxy', spec: {}, labels: { 'service.kubernetes.io/service-proxy-name': 'mesh' } },
    { name: 'labelled headless', spec: {}, labels: { 'service.kubernetes.io/headless': '' } },
  ])('$name', ({ spec, labels }) => {
    const given = labels === undefined ? {} : { labels }
    expect(plan(spec, given)).toEqual([])
    expect([...(claimsOfCart(spec, given) ?? [])]).toEqual([])
  })

  test('a service of one family, in the other, whatever addresses it has there', () => {
    const spec = { type: 'LoadBalancer', externalIPs: ['2001:db8:198::7'], ports: [{ ...http, nodePort: 30080 }] }
    const ingress = [{ ip: '2001:db8:198::8' }]
    expect(plan(spec, { family: 'IPv6', ingress })).toEqual([])
    expect(plan(spec, { ingress })).toMatchObject([{ externalIps: [], loadBalancerIps: [], nodePort: 30080 }])
    expect(claimsOfCart(spec, { ingress })).toEqual(new Set(['10.96.0.1 TCP port 80', 'IPv4 TCP node port 30080']))
  })

  test('an unknown one', () => {
    expect(planService(undefined, [], 'IPv4', here, new Set())).toEqual([])
  })
})

function targets(endpoints: readonly { readonly target: string }[] = []) {
  return endpoints.map(({ target }) => target)
}

function doorsOf({ clusterIp, externalIps, loadBalancerIps, nodePort, healthCheckNodePort, external }: PortPlan) {
  return { clusterIp, externalIps, loadBalancerIps, nodePort, healthCheckNodePort, external }
}

function claimsOfCart(spec: object, given: Given = {}) {
  const service = state(spec, given).services.get('shop/cart')
  return service && claimsOf(service)
}

test('ports are sorted by name and protocol, and named after the service', () => {
  const ports = [
    { name: 'b', port: 1 },
    { name: 'a', port: 3, protocol: 'UDP' },
    { name: 'a', port: 2 },
  ]
  expect(plan({ ports }).map(({ name, protocol }) => `${name} ${protocol}`)).toEqual([
    'shop/cart:a TCP',
    'shop/cart:a UDP',
    'shop/cart:b TCP',
  ])
  expect(plan({ ports: [{ port: 80 }] })).toMatchObject([{ name: 'shop/cart' }])
})

test('addresses and ranges are those of the family, in the order of the object', () => {
  const spec = {
    ...dual,
    type: 'LoadBalancer',
    externalIPs: ['198.51.100.9', '2001:db8:198::9', '198.51.100.7'],
    loadBalancerSourceRanges: ['203.0.113.0/24', '192.0.2.0/24'],
  }
  const ingress = [{ ip: '198.51.100.8' }, { ip: '2001:db8:198::8' }, { ip: '198.51.100.6' }]
  expect(plan(spec, { ingress })).toMatchObject([
    {
      clusterIp: '10.96.0.1',
      externalIps: ['198.51.100.9', '198.51.100.7'],
      loadBalancerIps: ['198.51.100.8', '198.51.100.6'],
      sourceRanges: [{ text: '203.0.113.0/24' }, { text: '192.0.2.0/24' }],
      nodeInSourceRanges: true,
    },
  ])
  // Ranges of one family leave the other open.
  expect(plan(spec, { ingress, family: 'IPv6' })).toMatchObject([
    {
      clusterIp: '2001:db8:96::1',
      externalIps: ['2001:db8:198::9'],
      loadBalancerIps: ['2001:db8:198::8'],
      sourceRanges: [],
      nodeInSourceRanges: false,
    },
  ])
})

test.each([
  { name: 'the first address of the Node counts', ranges: ['192.0.2.0/24'], want: true },
  { name: 'not its second', ranges: ['198.51.100.0/24'], want: false },
  { name: 'a Node without addresses is 127.0.0.1', ranges: ['127.0.0.0/8'], addresses: [], want: true },
])('whether the node is in the source ranges: $name', ({ ranges, addresses, want }) => {
  const node = { ...here, addresses: addresses ?? ['192.0.2.7', '198.51.100.7'] }
  expect(plan({ loadBalancerSourceRanges: ranges }, { node })).toMatchObject([{ nodeInSourceRanges: want }])
})

describe('reached from outside', () => {
  const nodePort = { ports: [{ ...http, nodePort: 30080 }] }
  test.each([
    { name: 'by nothing', spec: {}, want: false },
    { name: 'by an external IP', spec: { externalIPs: ['198.51.100.7'] }, want: true },
    { name: 'not by one of the other family', spec: { externalIPs: ['2001:db8:198::7'] }, want: false },
    { name: 'by a load balancer address', spec: {}, ingress: [{ ip: '198.51.100.8' }], want: true },
    {
      name: 'not by a proxying load balancer',
      spec: {},
      ingress: [{ ip: '198.51.100.8', ipMode: 'Proxy' }],
      want: false,
    },
    { name: 'by a node port', spec: { type: 'NodePort', ...nodePort }, want: true },
    { name: 'by the node port of a service of type ClusterIP', spec: nodePort, want: true },
    {
      name: 'by the node port of a load balancer that proxies',
      spec: { type: 'LoadBalancer', ...nodePort },
      ingress: [{ ip: '198.51.100.8', ipMode: 'Proxy' }],
      want: true,
    },
  ])('$name', ({ spec, ingress = [], want }) => {
    expect(plan(spec, { ingress })).toMatchObject([{ external: want }])
  })
})

describe('which endpoints a port uses', () => {
  const local = { internalTrafficPolicy: 'Local' }
  const nodePort = { type: 'NodePort', ports: [{ ...http, nodePort: 30080 }] }
  const endpoints = [
    { addresses: ['10.244.1.4'], nodeName: 'here' },
    { addresses: ['10.244.2.4'], nodeName: 'there' },
  ]
  const remote = endpoints.slice(1)
  const both = ['10.244.1.4:8080', '10.244.2.4:8080']
  test.each([
    { name: 'policy Cluster', spec: {}, cluster: both, locals: [], reachable: both },
    { name: 'internal Local alone', spec: local, cluster: [], locals: both.slice(0, 1), reachable: both.slice(0, 1) },
    {
      name: 'internal Local, and reached from outside',
      spec: { ...local, ...nodePort },
      cluster: both,
      locals: both.slice(0, 1),
      reachable: both,
    },
    {
      name: 'external Local',
      spec: { ...nodePort, externalTrafficPolicy: 'Local' },
      cluster: both,
      locals: both.slice(0, 1),
      reachable: both,
    },
    {
      name: 'external Local, but not reached from outside',
      spec: { type: 'NodePort', externalTrafficPolicy: 'Local' },
      cluster: both,
      locals: [],
      reachable: both,
    },
  ])('$name', ({ spec, cluster, locals, reachable }) => {
    const [port] = plan(spec, { endpoints })
    expect([targets(port?.choice.cluster), targets(port?.choice.local), targets(port?.choice.reachable)]).toEqual([
      cluster,
      locals,
      reachable,
    ])
    expect(port?.choice.usableAnywhere).toBe(true)
  })

  test('internal Local without local endpoints: somewhere there are some', () => {
    expect(plan(local, { endpoints: remote })).toMatchObject([{ choice: { reachable: [], usableAnywhere: true } }])
    expect(plan(local)).toMatchObject([{ choice: { reachable: [], usableAnywhere: false } }])
  })

  test('endpoints are counted whether they are ready or not', () => {
    const draining = { addresses: ['10.244.2.5'], conditions: { ready: false, serving: false, terminating: true } }
    expect(plan({}, { endpoints: [...endpoints, draining] })).toMatchObject([{ endpointCount: 3 }])
  })

  test('a port of another name or protocol has none of them', () => {
    const ports = [
      { name: 'https', port: 443 },
      { name: 'http', port: 80, protocol: 'UDP' },
    ]
    expect(plan({ ports }, { endpoints })).toMatchObject([{ endpointCount: 0 }, { endpointCount: 0 }])
  })
})

describe('what another service has is left out', () => {
  const spec = {
    ...dual,
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32100,
    externalIPs: ['198.51.100.7', '198.51.100.9'],
    ports: [{ ...http, nodePort: 30080 }],
  }
  const ingress = [{ ip: '198.51.100.9' }]
  const all = {
    clusterIp: '10.96.0.1',
    externalIps: ['198.51.100.7', '198.51.100.9'],
    loadBalancerIps: ['198.51.100.9'],
    nodePort: 30080,
    healthCheckNodePort: 32100,
    external: true,
  }
  test.each([
    { lost: [], want: {} },
    { lost: ['10.96.0.1 TCP port 80'], want: { clusterIp: undefined } },
    { lost: ['198.51.100.7 TCP port 80'], want: { externalIps: ['198.51.100.9'] } },
    { lost: ['198.51.100.9 TCP port 80'], want: { externalIps: ['198.51.100.7'], loadBalancerIps: [] } },
    { lost: ['IPv4 TCP node port 30080'], want: { nodePort: undefined } },
    { lost: ['IPv4 TCP node port 32100'], want: { healthCheckNodePort: undefined } },
    {
      lost: ['198.51.100.7 TCP port 80', '198.51.100.9 TCP port 80', 'IPv4 TCP node port 30080'],
      want: { externalIps: [], loadBalancerIps: [], nodePort: undefined, external: false },
    },
    // Of another port, protocol or family.
    { lost: ['10.96.0.1 TCP port 81', '10.96.0.1 UDP port 80', 'IPv6 TCP node port 30080'], want: {} },
  ])('$lost', ({ lost, want }) => {
    const [port] = plan(spec, { ingress, lost })
    expect(port && doorsOf(port)).toEqual({ ...all, ...want })
  })

  test('a service claims every door that it would have alone, in both families', () => {
    expect(claimsOfCart(spec, { ingress })).toEqual(
      new Set([
        '10.96.0.1 TCP port 80',
        '198.51.100.7 TCP port 80',
        '198.51.100.9 TCP port 80',
        'IPv4 TCP node port 30080',
        'IPv4 TCP node port 32100',
        '2001:db8:96::1 TCP port 80',
        'IPv6 TCP node port 30080',
        'IPv6 TCP node port 32100',
      ]),
    )
  })

  test('a port that nothing leads to any more uses no endpoint', () => {
    const [port] = plan({}, { lost: ['10.96.0.1 TCP port 80'], endpoints: [{ addresses: ['10.244.1.4'] }] })
    expect(port?.choice).toEqual({ cluster: [], local: [], reachable: [], usableAnywhere: false })
  })
})
