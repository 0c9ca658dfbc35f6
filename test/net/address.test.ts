import fc from 'fast-check'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { expect, test } from 'vitest'
import { addressBytes, familyOf, joinHostPort, parseAddress } from '../../src/net/address.ts'

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['172.30.0.041', '172.30.0.41'],
  ['203.000.113.009', '203.0.113.9'],
  ['FD00:0050:0001:0000::9', 'fd00:50:1::9'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('%s reads as %s', (text, want) => {
  expect(parseAddress(text)).toBe(want)
})

test.each([
  '',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.0x1',
  '1.2.3.4.5',
  ' 10.0.0.1',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  'fe80::1%eth0',
  '12345::',
  '1.2.3.4::',
  '::1.2.3.4:5',
])('"%s" is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test('IPv6 text is canonical as Node prints it, for every address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const got = parseAddress(text) ?? ''
      if (familyOf(got) === 'IPv4') return isIPv4(got)
      const node = new SocketAddress({ address: text, family: 'ipv6' }).address
      // Node prints some addresses with a dotted end; reading those must give the same again.
      return isIPv6(got) && parseAddress(node) === got && (node.includes('.') || node === got)
    }),
  )
})

test('bytes are in network order', () => {
  expect([...addressBytes('10.1.2.3')]).toEqual([10, 1, 2, 3])
  expect([...addressBytes('2001:db8::1')]).toEqual([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
})

test('IPv6 stands in brackets before a port', () => {
  expect(joinHostPort('10.0.0.1', 80)).toBe('10.0.0.1:80')
  expect(joinHostPort('fd00::1', 80)).toBe('[fd00::1]:80')
})
