import { describe, expect, test } from 'vitest'
import { parseEndpointSlice } from '../../src/model/endpoint-slice.ts'
import { Field } from '../../src/model/field.ts'

const labels = { 'kubernetes.io/service-name': 'cart' }
const metadata = { namespace: 'shop', name: 'cart-1', labels }
const slice = (rest: object) => parseEndpointSlice(new Field({ metadata, addressType: 'IPv4', ...rest }))
const endpoints = (...given: readonly object[]) => slice({ endpoints: given })?.endpoints
const ready = { ready: true, serving: true, terminating: false }

describe('whose slice it is', () => {
  test('the label says it, not the name', () => {
    expect(slice({ metadata: { ...metadata, name: 'web-1' } })).toMatchObject({
      namespace: 'shop',
      serviceName: 'cart',
    })
  })

  test.each([
    { metadata: { name: 'cart-1' } },
    { metadata: { name: 'cart-1', labels: { 'kubernetes.io/service-name': '' } } },
  ])('without a service nothing comes from it: %j', (rest) => {
    expect(slice(rest)).toBeUndefined()
  })

  test('one without a namespace is in the default one, and one without a name is refused', () => {
    expect(slice({ metadata: { name: 'cart-1', labels } })?.namespace).toBe('default')
    expect(() => slice({ metadata: { namespace: 'shop', labels } })).toThrow(
      'metadata.name: expected a name, got nothing',
    )
  })

  test.each(['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'])('%s', (label) => {
    expect(slice({ metadata: { ...metadata, labels: { ...labels, [label]: '' } } })?.proxiedElsewhere).toBe(true)
    expect(slice({})?.proxiedElsewhere).toBe(false)
  })
})

test.each([
  { addressType: 'IPv4', want: 'IPv4' },
  { addressType: 'IPv6', want: 'IPv6' },
  { addressType: 'FQDN', want: undefined },
])('address type $addressType', ({ addressType, want }) => {
  expect(slice({ addressType })?.family).toBe(want)
})

test.each([undefined, 'IPv5'])('address type %j is refused', (addressType) => {
  expect(() => slice({ addressType })).toThrow('addressType: expected one of IPv4, IPv6, FQDN, got ')
})

test.each([
  {
    name: 'all given',
    port: { name: 'dns', protocol: 'UDP', port: 53 },
    want: [{ name: 'dns', protocol: 'UDP', port: 53 }],
  },
  // The API server writes these defaults into every object that it stores.
  { name: 'no name, no protocol', port: { port: 80 }, want: [{ name: '', protocol: 'TCP', port: 80 }] },
  { name: 'null', port: { name: null, protocol: null, port: 80 }, want: [{ name: '', protocol: 'TCP', port: 80 }] },
  { name: 'no number: every port', port: { name: 'any' }, want: [] },
  { name: 'number null', port: { name: 'any', port: null }, want: [] },
  { name: 'number 0', port: { name: 'any', port: 0 }, want: [] },
])('a port: $name', ({ port, want }) => {
  expect(slice({ ports: [port] })?.ports).toEqual(want)
})

test.each([{}, { ports: null, endpoints: null }, { ports: [], endpoints: [] }])('nothing in %j', (rest) => {
  expect(slice(rest)).toMatchObject({ ports: [], endpoints: [] })
})

describe('an endpoint', () => {
  test.each([
    { conditions: undefined, want: ready },
    { conditions: null, want: ready },
    { conditions: {}, want: ready },
    { conditions: { ready: null, serving: null, terminating: null }, want: ready },
    { conditions: { ready: false }, want: { ...ready, ready: false } },
    { conditions: { ready: false, serving: false }, want: { ready: false, serving: false, terminating: false } },
    {
      conditions: { ready: false, serving: true, terminating: true },
      want: { ready: false, serving: true, terminating: true },
    },
  ])('with conditions $conditions', ({ conditions, want }) => {
    expect(endpoints({ addresses: ['10.244.1.9'], conditions })).toEqual([{ address: '10.244.1.9', ...want }])
  })

  test.each([[], null, undefined])('without an address (%j) is none', (addresses) => {
    expect(endpoints({ addresses }, { addresses: ['10.244.1.9'] })).toMatchObject([{ address: '10.244.1.9' }])
  })

  test('has its first address, in canonical form', () => {
    expect(endpoints({ addresses: ['010.244.001.009', '10.244.1.10'] })).toMatchObject([{ address: '10.244.1.9' }])
    const six = slice({ addressType: 'IPv6', endpoints: [{ addresses: ['2001:DB8:0::0009'] }] })
    expect(six?.endpoints).toMatchObject([{ address: '2001:db8::9' }])
  })

  test.each(['2001:db8::9', 'cart.example', '', '10.244.1'])('of family IPv4 cannot have the address %j', (address) => {
    expect(() => endpoints({ addresses: [address] })).toThrow(
      'endpoints[0].addresses[0]: expected an IPv4 address, got ',
    )
  })

  test.each([
    { name: 'none', hints: undefined, want: {} },
    { name: 'null', hints: null, want: {} },
    { name: 'empty', hints: { forZones: [], forNodes: [] }, want: {} },
    { name: 'null lists', hints: { forZones: null, forNodes: null }, want: {} },
    { name: 'zones', hints: { forZones: [{ name: 'a' }, { name: 'b' }] }, want: { zoneHints: ['a', 'b'] } },
    { name: 'nodes', hints: { forNodes: [{ name: 'here' }] }, want: { nodeHints: ['here'] } },
  ])('with hints: $name', ({ hints, want }) => {
    expect(endpoints({ addresses: ['10.244.1.9'], hints })).toEqual([{ address: '10.244.1.9', ...ready, ...want }])
  })
})
