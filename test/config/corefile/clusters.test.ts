import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { corefileIn } from '../../../src/config/corefile/config-map.ts'
import { parseCorefile } from '../../../src/config/corefile/corefile.ts'

const nothing = { environment: () => undefined, files: () => 'there are no files' }
const readFixture = (name: string) => {
  const file = `test/config/corefile/fixtures/${name}.yaml`
  return parseCorefile(corefileIn({ name: file, text: readFileSync(file, 'utf8') }), nothing)
}
const kubernetes = {
  primaryZone: 'cluster.local.',
  pods: 'insecure',
  ttl: 30,
  fallthrough: ['in-addr.arpa.', 'ip6.arpa.'],
}
const store = { capacity: 10_000, ttl: 30, minTtl: 5 }

test("kubeadm's", () => {
  const { blocks } = readFixture('coredns-kubeadm')
  expect(blocks.map(({ zones }) => zones)).toEqual([[{ zone: '.', port: 53 }]])
  expect(blocks[0]?.plugins).toMatchObject([
    { name: 'reload', intervalMs: 30_000, jitterMs: 15_000 },
    { name: 'ready', listen: { host: '', port: 8181 } },
    { name: 'health', listen: { host: '', port: 8080 }, lameduckMs: 5000 },
    { name: 'prometheus', listen: { host: '', port: 9153 } },
    { name: 'errors' },
    { name: 'loadbalance', prefer: [] },
    {
      name: 'cache',
      zones: ['.'],
      success: { ...store, disabledZones: ['cluster.local.'] },
      denial: { ...store, disabledZones: ['cluster.local.'] },
    },
    { name: 'kubernetes', zones: ['cluster.local.', 'in-addr.arpa.', 'ip6.arpa.'], ...kubernetes },
    { name: 'loop', zone: '.' },
    { name: 'forward', from: '.', to: [{ kind: 'resolv.conf', path: '/etc/resolv.conf' }], maxConcurrent: 1000 },
  ])
})

test("NodeLocal DNSCache's", () => {
  const { blocks } = readFixture('node-local-dns')
  expect(blocks.map(({ zones }) => zones[0]?.zone)).toEqual(['cluster.local.', 'in-addr.arpa.', 'ip6.arpa.', '.'])
  const listen = [
    { kind: 'address', address: '169.254.20.10' },
    { kind: 'address', address: '10.96.0.10' },
  ]
  expect(blocks[0]?.plugins).toMatchObject([
    { name: 'reload' },
    { name: 'bind', listen },
    { name: 'health', listen: { host: '169.254.20.10', port: 8080 } },
    { name: 'prometheus', listen: { host: '', port: 9253 } },
    { name: 'errors' },
    { name: 'cache', success: { capacity: 9984, ttl: 30 }, denial: { capacity: 9984, ttl: 5 } },
    { name: 'loop', zone: 'cluster.local.' },
    { name: 'forward', from: '.', to: [{ address: '10.96.183.52', port: 53 }], protocol: 'tcp' },
  ])
  expect(blocks[3]?.plugins.at(-1)).toMatchObject({ to: [{ path: '/etc/resolv.conf' }], protocol: 'client' })
})

test('what node-cache would put in is told of', () => {
  const raw = '__PILLAR__DNS__DOMAIN__:53 {\n  forward . __PILLAR__CLUSTER__DNS__\n}\n'
  expect(() => parseCorefile({ name: 'Corefile', text: raw }, nothing)).toThrow(
    'Corefile:1:1: __PILLAR__DNS__DOMAIN__:53 has a placeholder that NodeLocal DNSCache fills in; write its value\n' +
      'Corefile:2:13: __PILLAR__CLUSTER__DNS__ has a placeholder',
  )
})
