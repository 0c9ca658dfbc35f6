import { expect, test } from 'vitest'
import type { Node } from '../../src/model/node.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import type { Family } from '../../src/net/family.ts'
import { listNodePortAddresses, nodePortAddresses, type NodePortNetworks } from '../../src/plan/node-port-addresses.ts'

const node: Node = {
  kind: 'Node',
  name: 'here',
  addresses: ['192.0.2.7', '2001:db8:192::7', '198.51.100.7'],
  podCidrs: [],
}
const local = ['127.0.0.1', '192.0.2.7', '192.0.2.6', '192.0.2.7', '198.51.100.7', '10.0.0.1', '::1', '2001:db8:192::7']

test.each([
  { name: 'nothing said', given: '', IPv4: 'all', IPv6: 'all' },
  { name: 'one network', given: '192.0.2.0/24', IPv4: '192.0.2.6 192.0.2.7', IPv6: 'all' },
  {
    name: 'each family for itself',
    given: '198.51.100.0/24 2001:db8::/32',
    IPv4: '198.51.100.7',
    IPv6: '2001:db8:192::7',
  },
  { name: 'everything', given: '10.0.0.0/8 0.0.0.0/0 2001:db8:1::/48', IPv4: 'all', IPv6: '' },
  { name: 'loopback is left out', given: '127.0.0.0/8 ::1/128', IPv4: '', IPv6: '' },
  { name: 'the first of the Node', given: 'primary', IPv4: '192.0.2.7', IPv6: '2001:db8:192::7' },
])('$name: $given', ({ given, ...want }) => {
  const networks = given === 'primary' ? given : given.split(' ').flatMap((text) => parseCidr(text) ?? [])
  for (const family of ['IPv4', 'IPv6'] as const) {
    const got = nodePortAddresses(networks, family, node, local)
    expect(got === 'all' ? got : got.join(' ')).toBe(want[family])
  }
})

test('loopback addresses stay where they may be open', () => {
  const networks = ['127.0.0.0/8', '192.0.2.0/24'].flatMap((text) => parseCidr(text) ?? [])
  expect(nodePortAddresses(networks, 'IPv4', node, local, true)).toEqual(['127.0.0.1', '192.0.2.6', '192.0.2.7'])
})

const list = (family: Family, networks: NodePortNetworks, localhost = false) =>
  listNodePortAddresses(networks, family, node, local, localhost)

test('as a list, all is every address of the family but loopback', () => {
  expect(list('IPv4', [])).toEqual(['192.0.2.7', '192.0.2.6', '198.51.100.7', '10.0.0.1'])
  expect(list('IPv6', [])).toEqual(['2001:db8:192::7'])
  expect(list('IPv4', 'primary')).toEqual(['192.0.2.7'])
  expect(list('IPv4', [], true)).toContain('127.0.0.1')
  expect(list('IPv4', [parseCidr('127.0.0.0/8') ?? []].flat(), true)).toEqual(['127.0.0.1'])
})
