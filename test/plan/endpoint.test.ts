import { expect, test } from 'vitest'
import { slicesOf } from '../../src/model/cluster-state.ts'
import { mergeSlices } from '../../src/plan/endpoint.ts'
import { clusterOfObjects } from '../support/cluster.ts'

interface SliceText {
  readonly name?: string
  readonly namespace?: string
  readonly addressType?: string
  readonly ports?: readonly object[]
  readonly labels?: object
  /** `10.0.0.1`, `10.0.0.1~` terminating, `10.0.0.1@here` on a node. */
  readonly endpoints: readonly string[]
}

function merged(slices: readonly SliceText[], family: 'IPv4' | 'IPv6' = 'IPv4', node = 'here') {
  const objects = slices.map(({ name = 's', namespace = 'shop', addressType = 'IPv4', ports, labels, endpoints }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': 'cart', ...labels } },
    addressType,
    ports: ports ?? [{ name: 'http', port: 80 }],
    endpoints: endpoints.map((text) => {
      const [, address, mark, nodeName] = /^([^~@]+)(~?)(?:@(.*))?$/.exec(text) ?? []
      const draining = mark === '~'
      return { addresses: [address, '10.9.9.9'], nodeName, conditions: { ready: !draining, terminating: draining } }
    }),
  }))
  const byPort = mergeSlices(slicesOf(clusterOfObjects(objects), 'shop/cart'), family, node)
  return Object.fromEntries(
    [...byPort].map(([port, endpoints]) => [
      port,
      endpoints.map(({ target, terminating, local }) => `${target}${terminating ? '~' : ''}${local ? ' local' : ''}`),
    ]),
  )
}

test('targets are sorted as text, and only the first address of an endpoint counts', () => {
  expect(merged([{ endpoints: ['10.0.0.9', '10.0.0.10'] }])).toEqual({ 'http/TCP': ['10.0.0.10:80', '10.0.0.9:80'] })
})

test.each([
  { name: 'the later slice replaces', a: '10.0.0.1', b: '10.0.0.1@here', want: '10.0.0.1:80 local' },
  { name: 'unless it is terminating', a: '10.0.0.1@here', b: '10.0.0.1~', want: '10.0.0.1:80 local' },
  { name: 'a terminating one is replaced', a: '10.0.0.1~', b: '10.0.0.1', want: '10.0.0.1:80' },
])('the same target in two slices counts once: $name', ({ a, b, want }) => {
  expect(
    merged([
      { name: 'a', endpoints: [a] },
      { name: 'b', endpoints: [b] },
    ]),
  ).toEqual({ 'http/TCP': [want] })
})

test('the same target twice in one slice counts once, by the same rule', () => {
  expect(merged([{ endpoints: ['10.0.0.1~', '10.0.0.1@here', '10.0.0.1~'] }])).toEqual({
    'http/TCP': ['10.0.0.1:80 local'],
  })
})

test('an endpoint is local on the node it names, and nowhere where no name is known', () => {
  const slices = [{ endpoints: ['10.0.0.1@here', '10.0.0.2@there', '10.0.0.3', '10.0.0.4@'] }]
  expect(merged(slices)['http/TCP']).toEqual(['10.0.0.1:80 local', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'])
  expect(merged(slices, 'IPv4', '')['http/TCP']?.join()).not.toContain('local')
})

test('slices of another service or another namespace are not looked at', () => {
  const other = { labels: { 'kubernetes.io/service-name': 'web' }, name: 'cart-2', endpoints: ['10.0.0.2'] }
  const elsewhere = { namespace: 'shop-2', name: 'cart-3', endpoints: ['10.0.0.3'] }
  expect(merged([{ endpoints: ['10.0.0.1'] }, other, elsewhere])).toEqual({ 'http/TCP': ['10.0.0.1:80'] })
})

test('a port without endpoints has none', () => {
  expect(merged([{ endpoints: [] }])).toEqual({ 'http/TCP': [] })
  expect(merged([])).toEqual({})
})

test('a port number may differ between slices', () => {
  const later = { name: 'b', ports: [{ name: 'http', port: 81 }], endpoints: ['10.0.0.1'] }
  expect(merged([{ name: 'a', endpoints: ['10.0.0.1'] }, later])).toEqual({
    'http/TCP': ['10.0.0.1:80', '10.0.0.1:81'],
  })
})

test('ports are told apart by name and protocol; those without a number are not listed', () => {
  const ports = [{ port: 53 }, { name: 'dns', protocol: 'UDP', port: 53 }, { name: 'none' }, { name: 'zero', port: 0 }]
  expect(merged([{ ports, endpoints: ['10.0.0.1'] }])).toEqual({ '/TCP': ['10.0.0.1:53'], 'dns/UDP': ['10.0.0.1:53'] })
})

test('each family has its own slices', () => {
  const slices = [{ endpoints: ['10.0.0.1'] }, { name: 'six', addressType: 'IPv6', endpoints: ['2001:db8::1'] }]
  expect(merged(slices, 'IPv6')).toEqual({ 'http/TCP': ['[2001:db8::1]:80'] })
})

test('slices of another proxy and of type FQDN count for nothing', () => {
  const labels = { 'service.kubernetes.io/service-proxy-name': 'mesh' }
  expect(merged([{ labels, endpoints: ['10.0.0.1'] }])).toEqual({})
  expect(merged([{ addressType: 'FQDN', endpoints: ['a.example'] }])).toEqual({})
})
