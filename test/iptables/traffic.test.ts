import { describe, expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import type { Packet } from '../../src/backends/iptables/packet-walk.ts'
import type { SavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import type { LocalDetection } from '../../src/plan/local-detector.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { fateOf, rulesInEmptyKernel } from '../support/kernel-rules.ts'

/** A service of every kind of address, with the last part of its addresses and node port. */
function loadBalancer(
  name: string,
  id: number,
  spec: object,
  endpoints: readonly (readonly [string, string, object?])[],
) {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: {
      type: 'LoadBalancer',
      clusterIP: `10.96.0.${id}`,
      externalIPs: [`198.51.100.${id}`],
      ports: [{ name: 'http', port: 80, nodePort: 30000 + id }],
      ...spec,
    },
    status: { loadBalancer: { ingress: [{ ip: `198.51.100.${100 + id}` }] } },
  }
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: endpoints.map(([address, nodeName, conditions = {}]) => ({
      addresses: [address],
      nodeName,
      conditions,
    })),
  }
  return [service, slice]
}

const both = [
  ['10.244.1.4', 'node-1'],
  ['10.244.2.4', 'node-2'],
] as const
const remote = [['10.244.2.4', 'node-2']] as const
const draining = { ready: false, serving: true, terminating: true }
const services = {
  plain: 1,
  externalLocal: 2,
  internalLocal: 3,
  remoteOnly: 4,
  idle: 5,
  ranged: 6,
  three: 7,
  draining: 8,
} as const
type ServiceName = keyof typeof services

const cluster = clusterOfObjects([
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
  },
  ...loadBalancer('plain', 1, {}, both),
  ...loadBalancer('external-local', 2, { externalTrafficPolicy: 'Local' }, both),
  ...loadBalancer('internal-local', 3, { internalTrafficPolicy: 'Local' }, both),
  ...loadBalancer('remote-only', 4, { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }, remote),
  ...loadBalancer('idle', 5, {}, []),
  ...loadBalancer('ranged', 6, { loadBalancerSourceRanges: ['203.0.113.0/25', '192.0.2.0/24'] }, both),
  ...loadBalancer('three', 7, {}, [...both, ['10.244.2.5', 'node-2']]),
  ...loadBalancer('draining', 8, { externalTrafficPolicy: 'Local' }, [
    ['10.244.1.4', 'node-1', draining],
    ['10.244.2.4', 'node-2', {}],
  ]),
])

const podNetwork: LocalDetection = {
  mode: 'ClusterCIDR',
  networks: ['10.244.0.0/16'].flatMap((text) => parseCidr(text) ?? []),
}
const undetected: LocalDetection = { mode: 'ClusterCIDR', networks: [] }

function rulesOf(localDetection: LocalDetection, masqueradeAll = false): SavedRules {
  return rulesInEmptyKernel(
    new IptablesRuleset(cluster, {
      family: 'IPv4',
      nodeName: 'node-1',
      masqueradeAll,
      localDetection,
      nodePortNetworks: [],
    }),
  )
}

const sources = {
  pod: { source: '10.244.1.9', inInterface: 'veth1' },
  node: { source: '192.0.2.7' },
  client: { source: '203.0.113.9', inInterface: 'eth0' },
  stranger: { source: '203.0.113.200', inInterface: 'eth0' },
  itself: { source: '10.244.1.4', inInterface: 'veth4' },
  // The node, when the kernel picks the load balancer address of `ranged` as the source.
  address: { source: '198.51.100.106' },
} as const
const doors = {
  'cluster IP': (id: number) => ({ destination: `10.96.0.${id}`, port: 80 }),
  'external IP': (id: number) => ({ destination: `198.51.100.${id}`, port: 80 }),
  'load balancer IP': (id: number) => ({ destination: `198.51.100.${100 + id}`, port: 80 }),
  'node port': (id: number) => ({ destination: '192.0.2.7', port: 30000 + id }),
} as const

function fate(rules: SavedRules, from: keyof typeof sources, to: ServiceName, door: keyof typeof doors): string {
  const packet: Packet = { ...sources[from], ...doors[door](services[to]), protocol: 'TCP' }
  return fateOf(rules, packet, ['192.0.2.7'])
}

const all = '1/2 10.244.1.4:8080, 1/2 10.244.2.4:8080'
const allM = '1/2 10.244.1.4:8080 M, 1/2 10.244.2.4:8080 M'
const local = '1/1 10.244.1.4:8080'
const outside = ['external IP', 'load balancer IP', 'node port'] as const

describe('traffic policies', () => {
  const rules = rulesOf(podNetwork)
  test.each([
    { from: 'pod', to: 'plain', door: 'cluster IP', want: all },
    { from: 'node', to: 'plain', door: 'cluster IP', want: allM },
    { from: 'client', to: 'plain', door: 'cluster IP', want: allM },
    { from: 'pod', to: 'externalLocal', door: 'cluster IP', want: all },
    { from: 'pod', to: 'internalLocal', door: 'cluster IP', want: local },
    { from: 'node', to: 'internalLocal', door: 'cluster IP', want: `${local} M` },
    { from: 'pod', to: 'remoteOnly', door: 'cluster IP', want: 'drop' },
    { from: 'pod', to: 'idle', door: 'cluster IP', want: 'reject' },
    { from: 'node', to: 'idle', door: 'cluster IP', want: 'reject' },
    {
      from: 'pod',
      to: 'three',
      door: 'cluster IP',
      want: '1/3 10.244.1.4:8080, 1/3 10.244.2.4:8080, 1/3 10.244.2.5:8080',
    },
    // An endpoint that the policy leads back to itself is masqueraded, the others are not.
    { from: 'itself', to: 'plain', door: 'cluster IP', want: '1/2 10.244.1.4:8080 M, 1/2 10.244.2.4:8080' },
    { from: 'pod', to: 'draining', door: 'cluster IP', want: '1/1 10.244.2.4:8080' },
  ] as const)('$from to the $door of $to: $want', ({ from, to, door, want }) => {
    expect(fate(rules, from, to, door)).toBe(want)
  })

  describe.each(outside)('%s', (door) => {
    test.each([
      { from: 'pod', to: 'plain', want: allM },
      { from: 'node', to: 'plain', want: allM },
      { from: 'client', to: 'plain', want: allM },
      { from: 'pod', to: 'externalLocal', want: all },
      { from: 'node', to: 'externalLocal', want: allM },
      { from: 'client', to: 'externalLocal', want: local },
      { from: 'client', to: 'internalLocal', want: allM },
      { from: 'client', to: 'remoteOnly', want: 'drop' },
      { from: 'pod', to: 'remoteOnly', want: '1/1 10.244.2.4:8080' },
      { from: 'client', to: 'idle', want: 'reject' },
      { from: 'client', to: 'draining', want: local },
    ] as const)('$from to $to: $want', ({ from, to, want }) => {
      expect(fate(rules, from, to, door)).toBe(want)
    })
  })
})

test.each([
  { from: 'client', door: 'load balancer IP', want: allM },
  { from: 'stranger', door: 'load balancer IP', want: 'drop' },
  { from: 'pod', door: 'load balancer IP', want: 'drop' },
  { from: 'node', door: 'load balancer IP', want: allM },
  { from: 'address', door: 'load balancer IP', want: allM },
  { from: 'stranger', door: 'node port', want: allM },
  { from: 'stranger', door: 'external IP', want: allM },
] as const)('source ranges: $from to the $door: $want', ({ from, door, want }) => {
  expect(fate(rulesOf(podNetwork), from, 'ranged', door)).toBe(want)
})

test('without a way to tell pods, only what comes from outside by a node port or the like is masqueraded', () => {
  const rules = rulesOf(undetected)
  expect(fate(rules, 'client', 'plain', 'cluster IP')).toBe(all)
  expect(fate(rules, 'client', 'plain', 'node port')).toBe(allM)
  expect(fate(rules, 'pod', 'externalLocal', 'node port')).toBe(local)
})

test('with masqueradeAll pods are masqueraded on their way to a cluster IP too', () => {
  const rules = rulesOf(podNetwork, true)
  expect(fate(rules, 'pod', 'plain', 'cluster IP')).toBe(allM)
  expect(fate(rules, 'pod', 'externalLocal', 'node port')).toBe(all)
})

test('another protocol, port or address is left alone', () => {
  const rules = rulesOf(podNetwork)
  const packet = { ...sources.client, destination: '10.96.0.1', port: 80, protocol: 'TCP' } as const
  const walk = (change: Partial<Packet>) => fateOf(rules, { ...packet, ...change }, ['192.0.2.7'])
  expect(walk({})).toBe(allM)
  expect(walk({ protocol: 'UDP' })).toBe('1/1 untouched')
  expect(walk({ port: 81 })).toBe('1/1 untouched')
  expect(walk({ destination: '10.96.9.9' })).toBe('1/1 untouched')
  expect(walk({ destination: '127.0.0.1', port: 30001 })).toBe('1/1 untouched')
})
