import { expect, test } from 'vitest'
import { parseCidr } from '../../src/net/cidr.ts'
import { opensLocalhost } from '../../src/plan/localhost-node-ports.ts'

test.each([
  { name: 'nothing said', given: '', want: true },
  { name: 'every address', given: '0.0.0.0/0', want: true },
  { name: 'every address among others', given: '192.0.2.0/24 0.0.0.0/0', want: true },
  { name: 'loopback', given: '127.0.0.0/8', want: true },
  { name: 'one loopback address', given: '127.0.0.1/32', want: true },
  { name: 'a part of loopback', given: '127.3.0.0/16 192.0.2.0/24', want: true },
  { name: 'a network that holds loopback', given: '64.0.0.0/2', want: true },
  { name: 'a network of the node', given: '192.0.2.0/24', want: false },
  { name: 'a network that ends before loopback', given: '64.0.0.0/3', want: false },
  { name: 'IPv6 alone leaves IPv4 open everywhere', given: '2001:db8::/32', want: true },
  { name: 'the addresses of the Node', given: 'primary', want: false },
])('$name ($given): $want', ({ given, want }) => {
  const networks = given === 'primary' ? given : given.split(' ').flatMap((text) => parseCidr(text) ?? [])
  expect(opensLocalhost(true, networks, 'IPv4')).toBe(want)
  expect(opensLocalhost(true, networks, 'IPv6')).toBe(false)
  expect(opensLocalhost(false, networks, 'IPv4')).toBe(false)
})
