import { expect, test } from 'vitest'
import { parseSavedAddresses } from '../../src/backends/ipvs/saved-addresses.ts'

const link = (ifname: string, ...addresses: readonly string[]) => ({
  ifname,
  addr_info: addresses.map((local) => ({ family: 'inet', local, prefixlen: 32 })),
})
const printed = JSON.stringify([
  link('lo', '127.0.0.1', '::1'),
  link('eth0', '192.0.2.7', 'fe80::1', '2001:db8::7'),
  {},
  { ifname: 'eth1' },
  link('kube-ipvs0', '10.96.0.10', '10.96.0.1', '2001:db8:96::1'),
])

test('addresses of ours and of all others, without loopback and link-local ones', () => {
  expect(parseSavedAddresses(printed, 'IPv4')).toEqual({
    bound: new Set(['10.96.0.1', '10.96.0.10']),
    node: new Set(['192.0.2.7']),
  })
  expect(parseSavedAddresses(printed, 'IPv6')).toEqual({
    bound: new Set(['2001:db8:96::1']),
    node: new Set(['2001:db8::7']),
  })
})

test.each(['', '[', '{}', '[1]', '[{"addr_info":[{"local":7}]}]'])('what is no such text is an error: %s', (text) => {
  expect(() => parseSavedAddresses(text, 'IPv4')).toThrow(/JSON|expected/)
})
