import { expect, test } from 'vitest'
import { servicesInLines } from '../../src/backends/ipvs/blame.ts'
import type { VirtualServer } from '../../src/backends/ipvs/virtual-server.ts'

const server = (address: string, port: number): VirtualServer => ({
  protocol: 'TCP',
  address,
  port,
  scheduler: 'rr',
  flags: '',
  realServers: [],
})
const fragment = (last: number) => ({
  addressServers: [server(`10.96.0.${last}`, 80), server(`10.96.0.${last}`, 443)],
  nodePortServers: [server('192.0.2.7', 30_000 + last)],
  addresses: [`10.96.0.${last}`],
  members: [{ set: 'KUBE-CLUSTER-IP', member: `10.96.0.${last},tcp:80` } as const],
  filter: [],
})
const fragments = new Map([
  ['shop/one', fragment(1)],
  ['shop/two', fragment(2)],
])

test.each([
  '-A -t 10.96.0.2:443 -s twos',
  '-a -t 10.96.0.2:80 -r 10.244.0.1:80 -m -w 1',
  '-E -t 192.0.2.7:30002 -s twos',
  'add KUBE-CLUSTER-IP 10.96.0.2,tcp:80',
  'addr add 10.96.0.2/32 dev kube-ipvs0',
])('"%s" is of one service alone', (line) => {
  expect([...servicesInLines([line], fragments, 'IPv4')]).toEqual(['shop/two'])
})

test('a line may be of nobody, and lines of several', () => {
  expect([...servicesInLines(['-A -t 10.96.0.3:80 -s rr'], fragments, 'IPv4')]).toEqual([])
  const lines = ['-A -t 10.96.0.2:80 -s rr', '-A -t 10.96.0.1:443 -s rr']
  expect([...servicesInLines(lines, fragments, 'IPv4')]).toEqual(['shop/one', 'shop/two'])
})
