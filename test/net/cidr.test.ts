import { expect, test } from 'vitest'
import { cidrContains, parseCidr } from '../../src/net/cidr.ts'

test.each([
  ['10.244.7.9/16', '10.244.0.0/16'],
  ['203.0.113.000/025', '203.0.113.0/25'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['FD00:50::1/32', 'fd00:50::/32'],
  ['::/0', '::/0'],
  ['2001:db8::1/128', '2001:db8::1/128'],
])('%s reads as %s', (text, want) => {
  expect(parseCidr(text)?.text).toBe(want)
})

test.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/8/8', '/8', 'x/8'])(
  '"%s" is no CIDR',
  (text) => {
    expect(parseCidr(text)).toBeUndefined()
  },
)

test.each([
  ['10.244.0.0/16', '10.244.255.1', true],
  ['10.244.0.0/16', '10.245.0.1', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '10.0.0.1', false],
])('%s holds %s: %s', (cidr, address, want) => {
  const parsed = parseCidr(cidr)
  expect(parsed && cidrContains(parsed, address)).toBe(want)
})
