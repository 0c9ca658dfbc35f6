import { expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { walkPacket } from '../../src/backends/iptables/walk/packet-walk.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import type { Packet } from '../../src/plan/packet.ts'
import { fateText } from '../packets/fate-text.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { rulesInEmptyKernel } from '../support/kernel-rules.ts'
import { planWalk } from '../support/planned.ts'

// Clusters that random ones hardly ever are, and that the API server does not rule out.
const client = { source: '203.0.113.9', protocol: 'TCP', inInterface: 'eth0' } as const
const pod = { source: '10.244.1.9', protocol: 'TCP', inInterface: 'veth1' } as const
const node = { source: '192.0.2.7', protocol: 'TCP' } as const

function service(name: string, id: number, spec: object, endpoints: readonly string[] = [], targetPort = 8080) {
  const type = 'LoadBalancer'
  const ports = [{ port: 80, nodePort: 30_000 + id }]
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name },
      spec: { type, clusterIP: `10.96.0.${id}`, externalIPs: [`198.51.100.${id}`], ports, ...spec },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: '', port: targetPort }],
      endpoints: endpoints.map((address) => ({ addresses: [address], nodeName: 'node-1' })),
    },
  ]
}

/** What becomes of a packet by the plan and by the rules, which must agree. */
function fate(objects: readonly unknown[], packet: Packet, nodeAddresses = ['192.0.2.7']): string {
  const cluster = clusterOfObjects(objects)
  const options = {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: ['10.244.0.0/16'].flatMap((text) => parseCidr(text) ?? []) },
    nodePortNetworks: [],
  } as const
  const planned = fateText(planWalk(cluster, options, nodeAddresses)(packet), 'IPv4')
  const rules = rulesInEmptyKernel(new IptablesRuleset(cluster, options))
  expect(fateText(walkPacket(rules, packet, nodeAddresses), 'IPv4')).toBe(planned)
  return planned
}

test('a health check port is let in before a node port of the same number is refused', () => {
  const ports = [
    { name: 'tcp', port: 80, nodePort: 30_001 },
    { name: 'udp', port: 80, nodePort: 30_001, protocol: 'UDP' },
  ]
  const idle = service('idle', 1, { ports })
  const healthy = service('healthy', 2, { externalTrafficPolicy: 'Local', healthCheckNodePort: 30_001 })
  const packet = { ...client, destination: '192.0.2.7', port: 30_001 }
  expect(fate(idle, packet)).toBe('reject')
  expect(fate([...idle, ...healthy], packet)).toBe('untouched')
  expect(fate([...idle, ...healthy], { ...packet, protocol: 'UDP' })).toBe('reject')
})

test('an endpoint at the address of a service without endpoints is refused, unless masqueraded on the way through', () => {
  const objects = [...service('idle', 1, {}), ...service('chained', 2, {}, ['198.51.100.1'], 80)]
  expect(fate(objects, { ...pod, destination: '10.96.0.2', port: 80 })).toBe('reject')
  expect(fate(objects, { ...client, destination: '10.96.0.2', port: 80 })).toBe('198.51.100.1:80 M')
  expect(fate(objects, { ...node, destination: '10.96.0.2', port: 80 })).toBe('198.51.100.1:80 M')
  const internally = [...service('idle', 1, {}), ...service('chained', 2, {}, ['10.96.0.1'], 80)]
  expect(fate(internally, { ...pod, destination: '10.96.0.2', port: 80 })).toBe('reject')
  expect(fate(internally, { ...client, destination: '10.96.0.2', port: 80 })).toBe('10.96.0.1:80 M')
  expect(fate(internally, { ...node, destination: '10.96.0.2', port: 80 })).toBe('reject')
})

test('a cluster IP that the node itself has, as another proxy leaves it, is not refused to who comes in', () => {
  const idle = service('idle', 1, {})
  const own = ['192.0.2.7', '10.96.0.1']
  expect(fate(idle, { ...client, destination: '10.96.0.1', port: 80 }, own)).toBe('untouched')
  expect(fate(idle, { ...node, destination: '10.96.0.1', port: 80 }, own)).toBe('reject')
  expect(fate(idle, { ...client, destination: '10.96.0.1', port: 30_001 }, own)).toBe('reject')
})

test('an external IP that is the load balancer address too is open to all', () => {
  const spec = { externalIPs: ['198.51.100.9'], loadBalancerSourceRanges: ['192.0.2.0/24'] }
  const [object, slice] = service('ranged', 1, spec, ['10.244.1.11'])
  const ranged = [{ ...object, status: { loadBalancer: { ingress: [{ ip: '198.51.100.9' }] } } }, slice]
  expect(fate(ranged, { ...client, destination: '198.51.100.9', port: 80 })).toBe('here M')
})
