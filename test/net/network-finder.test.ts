import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressBytes, parseAddress } from '../../src/net/address.ts'
import { cidrContains, parseCidr, type Cidr } from '../../src/net/cidr.ts'
import { networkFinder } from '../../src/net/network-finder.ts'

test('it finds the first network that holds an address', () => {
  const networks = ['10.0.1.0/24', '10.0.0.0/9', '2001:db8::/33', '0.0.0.0/0'].map(cidrOf)
  const find = networkFinder(networks)
  const cases = { '10.0.1.9': 0, '10.0.2.9': 1, '10.128.0.1': 3, '2001:db8:7fff::': 2, '2001:db8:8000::': -1 }
  for (const [address, place] of Object.entries(cases)) expect(find(addressBytes(address))).toBe(place)
})

test('of one network it says what cidrContains says', () => {
  // Near each other, so that both answers are frequent.
  const near = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(255))
  const address = fc.oneof(
    near.map((octets) => ['10', ...octets].join('.')),
    near.map(([a, b, c]) => parseAddress(`2001:db8:${a}::${b}:${c.toString(16)}`) ?? ''),
  )
  fc.assert(
    fc.property(address, address, fc.nat(128), (of, asked, bits) => {
      const network = cidrOf(`${of}/${of.includes(':') ? bits : bits >> 2}`)
      expect(networkFinder([network])(addressBytes(asked)) === 0).toBe(cidrContains(network, asked))
    }),
    { numRuns: 2000 },
  )
})

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new Error(text)
  return cidr
}
