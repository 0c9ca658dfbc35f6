import { addressBytes, familyOf, type Address } from '../net/address.ts'

/** Where the PTR of an address is: `7.1.244.10.in-addr.arpa.` (RFC 1035 section 3.5), nibbles in `ip6.arpa.` (RFC 3596 section 2.5). */
export function reverseName(address: Address): string {
  if (familyOf(address) === 'IPv4') return `${address.split('.').reverse().join('.')}.in-addr.arpa.`
  const nibbles = [...addressBytes(address)].reverse().flatMap((byte) => [byte & 15, byte >> 4])
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa.`
}
