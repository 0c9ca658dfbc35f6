import { expect, test } from 'vitest'
import type { CompileOptions } from '../../src/backends/ipvs/compile-options.ts'
import { compileService } from '../../src/backends/ipvs/fragment.ts'
import { joinFragments } from '../../src/backends/ipvs/state.ts'
import { plansOf } from '../support/planned.ts'
import { clusterOfObjects } from '../support/cluster.ts'

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { addresses: [{ type: 'InternalIP', address: '192.168.0.2' }] },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'demo', name: 'lb' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '172.30.0.12',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32000,
    loadBalancerSourceRanges: ['203.0.113.0/25'],
    sessionAffinity: 'ClientIP',
    ports: [{ port: 80, nodePort: 30012 }],
  },
  status: { loadBalancer: { ingress: [{ ip: '192.168.99.12' }] } },
}
const slice = (endpoints: readonly { readonly addresses: readonly string[]; readonly nodeName: string }[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'demo', name: 'lb-1', labels: { 'kubernetes.io/service-name': 'lb' } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080 }],
  endpoints,
})
const here = { addresses: ['10.180.0.1'], nodeName: 'node-1' }
const there = { addresses: ['10.180.9.1'], nodeName: 'node-2' }

const usual = { scheduler: 'rr', nodePortAddresses: ['192.168.0.2'], nodeAddresses: new Set(['192.168.0.2']) } as const

function compiled(spec: object = {}, endpoints = [here, there], options: CompileOptions = usual) {
  const objects = [node, { ...service, spec: { ...service.spec, ...spec } }, slice(endpoints)]
  const plans = plansOf(clusterOfObjects(objects), {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
  })
  const fragment = compileService(plans, options)
  const state = joinFragments([fragment])
  const sets = [...state.sets].flatMap(([set, members]) => (members.size > 0 ? [[set, [...members]]] : []))
  return {
    servers: [...state.servers].map(([key, { realServers }]) => [key, realServers.map(({ target }) => target)]),
    addresses: [...state.addresses],
    sets: Object.fromEntries(sets),
    filter: fragment.filter.map(({ spec: text }) => text),
  }
}

test('a load balancer with everything', () => {
  expect(compiled()).toEqual({
    servers: [
      ['172.30.0.12:80/TCP', ['10.180.0.1:8080', '10.180.9.1:8080']],
      ['192.168.0.2:30012/TCP', ['10.180.0.1:8080']],
      ['192.168.99.12:80/TCP', ['10.180.0.1:8080']],
    ],
    addresses: ['172.30.0.12', '192.168.99.12'],
    sets: {
      'KUBE-LOOP-BACK': ['10.180.0.1,tcp:8080,10.180.0.1'],
      'KUBE-CLUSTER-IP': ['172.30.0.12,tcp:80'],
      'KUBE-LOAD-BALANCER': ['192.168.99.12,tcp:80'],
      'KUBE-LOAD-BALANCER-FW': ['192.168.99.12,tcp:80'],
      'KUBE-LOAD-BALANCER-LOCAL': ['192.168.99.12,tcp:80'],
      'KUBE-LOAD-BALANCER-SOURCE-CIDR': ['192.168.99.12,tcp:80,203.0.113.0/25'],
      'KUBE-NODE-PORT-TCP': ['30012'],
      'KUBE-NODE-PORT-LOCAL-TCP': ['30012'],
      'KUBE-HEALTH-CHECK-NODE-PORT': ['32000'],
      'KUBE-IPVS-IPS': ['172.30.0.12', '192.168.99.12'],
    },
    filter: ['-s 192.168.99.12 -m ipvs --vaddr 192.168.99.12 --vproto tcp --vport 80 -j DROP'],
  })
})

test('a node that the source ranges admit reaches the address with that address as its source', () => {
  const { sets, filter } = compiled({ loadBalancerSourceRanges: ['192.168.0.0/24'] })
  expect(sets).toMatchObject({ 'KUBE-LOAD-BALANCER-SOURCE-IP': ['192.168.99.12,tcp:80,192.168.99.12'] })
  expect(filter).toEqual([])
})

test('source ranges are as ipset takes them: a single address without its length, and all of them as no restriction', () => {
  const ranges = ['203.0.113.9/32', '198.51.100.0/24']
  expect(compiled({ loadBalancerSourceRanges: ranges }).sets['KUBE-LOAD-BALANCER-SOURCE-CIDR']).toEqual(
    ['198.51.100.0/24', '203.0.113.9'].map((range) => `192.168.99.12,tcp:80,${range}`),
  )
  const { sets } = compiled({ loadBalancerSourceRanges: [...ranges, '0.0.0.0/0'] })
  expect(Object.keys(sets)).not.toContain('KUBE-LOAD-BALANCER-FW')
  expect(Object.keys(sets)).not.toContain('KUBE-LOAD-BALANCER-SOURCE-CIDR')
})

test('policy Local without an endpoint here leads to all others', () => {
  const want = ['10.180.9.1:8080']
  expect(compiled({}, [there]).servers.map(([, targets]) => targets)).toEqual([want, want, want])
})

test('an address that another interface has gets a virtual server and is not bound', () => {
  const { servers, addresses, sets } = compiled({}, [here], { ...usual, nodeAddresses: new Set(['192.168.99.12']) })
  expect(servers.map(([key]) => key)).toContain('192.168.99.12:80/TCP')
  expect(addresses).toEqual(['172.30.0.12'])
  expect(sets).toMatchObject({ 'KUBE-IPVS-IPS': ['172.30.0.12'] })
})

test('a node port of SCTP is a member for each address of the node, and without any there is none', () => {
  const ports = [{ port: 80, nodePort: 30012, protocol: 'SCTP' }]
  const two = { ...usual, nodePortAddresses: ['192.168.0.2', '192.168.0.3'] }
  const both = ['192.168.0.2,sctp:30012', '192.168.0.3,sctp:30012']
  expect(compiled({ ports }, [here], two).sets).toMatchObject({
    'KUBE-NODE-PORT-SCTP-HASH': both,
    'KUBE-NODE-PORT-LOCAL-SCTP-HASH': both,
  })
  const none = compiled({ ports }, [here], { ...usual, nodePortAddresses: [] })
  expect(Object.keys(none.sets)).not.toContain('KUBE-NODE-PORT-SCTP-HASH')
  expect(none.sets).toMatchObject({ 'KUBE-HEALTH-CHECK-NODE-PORT': ['32000'] })
})

test('a service address is never taken for a node port', () => {
  const server = { protocol: 'TCP', address: '192.168.0.2', port: 30012, flags: '', realServers: [] } as const
  const nothing = { addressServers: [], nodePortServers: [], addresses: [], members: [], filter: [] }
  const { servers } = joinFragments([
    { ...nothing, nodePortServers: [{ ...server, scheduler: 'rr' }] },
    { ...nothing, addressServers: [{ ...server, scheduler: 'lc' }] },
  ])
  expect([...servers.values()]).toEqual([{ ...server, scheduler: 'lc' }])
})
