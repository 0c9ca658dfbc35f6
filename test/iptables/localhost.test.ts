import { describe, expect, test } from 'vitest'
import { IptablesRuleset, type RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import { counterNames } from '../../src/backends/iptables/counter.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { fateOf, rulesInEmptyKernel } from '../support/kernel-rules.ts'

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1', '2001:db8:96::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32100,
    ports: [{ name: 'http', port: 80, nodePort: 30001 }],
  },
}
const slice = (addressType: string, address: string) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name: `web-${addressType.toLowerCase()}`,
    labels: { 'kubernetes.io/service-name': 'web' },
  },
  addressType,
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [{ addresses: [address], nodeName: 'node-1' }],
})
const objects = [service, slice('IPv4', '10.244.1.4'), slice('IPv6', '2001:db8:244::4')]

const nodeAddresses = ['127.0.0.1', '::1', '192.0.2.7', '198.51.100.7', '2001:db8:192::7', '2001:db8:198::7']
const ways = {
  'from localhost to localhost': { source: '127.0.0.1', destination: '127.0.0.1' },
  'from localhost to another loopback address': { source: '127.0.0.1', destination: '127.0.0.2' },
  'from the node to itself': { source: '192.0.2.7', destination: '192.0.2.7' },
  'from outside to the node': { source: '203.0.113.9', inInterface: 'eth0', destination: '192.0.2.7' },
  'from outside to the other address': { source: '203.0.113.9', inInterface: 'eth0', destination: '198.51.100.7' },
  'from outside to localhost': { source: '203.0.113.9', inInterface: 'eth0', destination: '127.0.0.1' },
  'IPv6, from localhost to localhost': { source: '::1', destination: '::1' },
  'IPv6, from outside to the node': { source: '2001:db8:203::9', inInterface: 'eth0', destination: '2001:db8:192::7' },
  'IPv6, from outside to the other address': {
    source: '2001:db8:203::9',
    inInterface: 'eth0',
    destination: '2001:db8:198::7',
  },
} as const

function rulesetOf(networks: string, options: Partial<RulesetOptions>, items: readonly unknown[] = objects) {
  const ruleset = new IptablesRuleset(clusterOfObjects(items), {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: networks === 'primary' ? networks : networks.split(' ').flatMap((text) => parseCidr(text) ?? []),
    ...options,
  })
  ruleset.localAddresses = nodeAddresses
  return ruleset
}

function fate(ruleset: IptablesRuleset, way: keyof typeof ways, port = 30001): string {
  return fateOf(rulesInEmptyKernel(ruleset), { ...ways[way], protocol: 'TCP', port }, nodeAddresses)
}

const untouched = '1/1 untouched'
const served = '1/1 10.244.1.4:8080'

// What stands between the door of a node and its node ports: scenarios of kube-proxy's own tests.
describe.each([
  { networks: '', localhostNodePorts: true, guard: true, localhost: `${served} M`, node: served, other: served },
  { networks: '', localhostNodePorts: false, guard: false, localhost: untouched, node: served, other: served },
  {
    networks: '192.0.2.0/24 127.0.0.1/32',
    localhostNodePorts: false,
    guard: false,
    localhost: untouched,
    node: served,
    other: untouched,
  },
  {
    networks: '192.0.2.0/24 127.0.0.1/32',
    localhostNodePorts: true,
    guard: true,
    localhost: `${served} M`,
    node: served,
    other: untouched,
  },
  {
    networks: '192.0.2.0/24',
    localhostNodePorts: true,
    guard: false,
    localhost: untouched,
    node: served,
    other: untouched,
  },
])('node ports in [$networks], localhost $localhostNodePorts', ({ networks, localhostNodePorts, guard, ...want }) => {
  const ruleset = rulesetOf(networks, { localhostNodePorts })

  test('reach exactly who they should', () => {
    expect(fate(ruleset, 'from localhost to localhost')).toBe(want.localhost)
    expect(fate(ruleset, 'from outside to the node')).toBe(want.node)
    expect(fate(ruleset, 'from outside to the other address')).toBe(want.other)
    expect(fate(ruleset, 'from the node to itself')).toBe(`${served} M`)
  })

  test(`have ${guard ? 'a' : 'no'} guard, with its jumps and in the payload`, () => {
    expect(ruleset.render().includes('KUBE-FIREWALL')).toBe(guard)
    const { filter } = rulesInEmptyKernel(ruleset)
    const jumps = ['INPUT', 'OUTPUT'].map((chain) => filter.get(chain)?.includes('-j KUBE-FIREWALL'))
    expect(jumps).toEqual([guard, guard])
  })
})

test.each([
  { localhostNodePorts: true, networks: '', counters: counterNames, family: 'IPv4', want: true },
  { localhostNodePorts: false, networks: '', counters: counterNames, family: 'IPv4', want: false },
  { localhostNodePorts: true, networks: '192.0.2.0/24', counters: counterNames, family: 'IPv4', want: false },
  { localhostNodePorts: true, networks: 'primary', counters: counterNames, family: 'IPv4', want: false },
  { localhostNodePorts: true, networks: '', counters: counterNames.slice(0, 1), family: 'IPv4', want: false },
  { localhostNodePorts: true, networks: '', counters: counterNames, family: 'IPv6', want: false },
] as const)(
  'counted: $want with localhost $localhostNodePorts, node ports in [$networks], $counters, $family',
  ({ localhostNodePorts, networks, counters, family, want }) => {
    const ruleset = rulesetOf(networks, { localhostNodePorts, family, kernel: { counters, dropInvalid: true } })
    expect(ruleset.render().includes('localhost_nps_accepted_pkts')).toBe(want)
  },
)

test('where all addresses are open, so is all of 127.0.0.0/8', () => {
  const ruleset = rulesetOf('', { localhostNodePorts: true })
  expect(fate(ruleset, 'from localhost to another loopback address')).toBe(`${served} M`)
})

test('on a host without rules the jump to the guard stands above all others', () => {
  const { filter } = rulesInEmptyKernel(rulesetOf('', { localhostNodePorts: true }))
  for (const chain of ['INPUT', 'OUTPUT']) expect(filter.get(chain)?.[0]).toBe('-j KUBE-FIREWALL')
})

test('the guard drops what comes from outside for a loopback address, and nothing else', () => {
  const ruleset = rulesetOf('', { localhostNodePorts: true })
  const local = 6443
  expect(fate(ruleset, 'from outside to localhost', local)).toBe('drop')
  expect(fate(ruleset, 'from localhost to localhost', local)).toBe(untouched)
  expect(fate(ruleset, 'from outside to the node', local)).toBe(untouched)
  // A node port is translated before the guard sees it, also where it is open on loopback addresses alone.
  expect(fate(ruleset, 'from outside to localhost')).toBe(served)
  expect(fate(rulesetOf('127.0.0.0/8', { localhostNodePorts: true }), 'from outside to localhost')).toBe(served)
  expect(fate(rulesetOf('', {}), 'from outside to localhost', local)).toBe(untouched)
})

test('several IPv4 networks open the addresses in them, and one IPv6 network its own', () => {
  const networks = '192.0.2.0/24 198.51.100.0/24 10.0.0.0/8 2001:db8:192::/64'
  const ipv4 = rulesetOf(networks, {})
  expect(fate(ipv4, 'from outside to the node')).toBe(served)
  expect(fate(ipv4, 'from outside to the other address')).toBe(served)
  const ipv6 = rulesetOf(networks, { family: 'IPv6' })
  expect(fate(ipv6, 'IPv6, from outside to the node')).toBe('1/1 [2001:db8:244::4]:8080')
  expect(fate(ipv6, 'IPv6, from outside to the other address')).toBe(untouched)
})

test.each(['', '::1/128 2001:db8:192::/64'])(
  'IPv6 is the same with localhost node ports on and off: [%s]',
  (networks) => {
    const [on, off] = [true, false].map((localhostNodePorts) =>
      rulesetOf(networks, { family: 'IPv6', localhostNodePorts }),
    )
    if (on === undefined || off === undefined) throw new Error('there are two')
    expect(on.desired()).toEqual(off.desired())
    expect(fate(on, 'IPv6, from localhost to localhost')).toBe(untouched)
    expect(fate(on, 'IPv6, from outside to the node')).toBe('1/1 [2001:db8:244::4]:8080')
    expect(on.render()).not.toContain('KUBE-FIREWALL')
  },
)

test('a health-check node port is accepted wherever node ports are open, until its service goes', () => {
  const accept =
    '-A KUBE-NODEPORTS -m comment --comment "shop/web:http health check node port" -m tcp -p tcp --dport 32100 -j ACCEPT\n'
  const options = { localhostNodePorts: true }
  expect(rulesetOf('127.0.0.0/8', options).render()).toContain(accept)
  expect(fate(rulesetOf('127.0.0.0/8', options), 'from outside to the node', 32100)).toBe(untouched)
  expect(rulesetOf('127.0.0.0/8', options, []).render()).not.toContain('health check node port')
})
