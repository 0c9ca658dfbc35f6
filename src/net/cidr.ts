import { IPv4, IPv4CidrRange, IPv4Prefix, IPv6, IPv6CidrRange, IPv6Prefix } from 'ip-num'
import { familyOf, parseAddress, type Address } from './address.ts'
import type { Family } from './family.ts'

/** A network, host bits cleared, e.g. `{ family: 'IPv4', network: '10.0.0.0', prefix: 16, text: '10.0.0.0/16' }`. */
export interface Cidr {
  readonly family: Family
  readonly network: Address
  readonly prefix: number
  readonly text: string
}

/** Reads a CIDR as leniently as {@link parseAddress} (`203.0.113.000/025`); undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [host = '', bits = '', ...rest] = text.split('/')
  const address = parseAddress(host)
  if (address === undefined || rest.length > 0 || !/^\d{1,5}$/.test(bits)) return undefined
  const family = familyOf(address)
  const prefix = Number(bits)
  if (prefix > (family === 'IPv4' ? 32 : 128)) return undefined
  const network = networkOf(address, family, prefix)
  return { family, network, prefix, text: `${network}/${prefix}` }
}

export function cidrContains(cidr: Cidr, address: Address): boolean {
  return familyOf(address) === cidr.family && networkOf(address, cidr.family, cidr.prefix) === cidr.network
}

function networkOf(address: Address, family: Family, prefix: number): Address {
  const first =
    family === 'IPv4'
      ? new IPv4CidrRange(new IPv4(address), new IPv4Prefix(BigInt(prefix))).getFirst()
      : new IPv6CidrRange(new IPv6(address), new IPv6Prefix(BigInt(prefix))).getFirst()
  // ip-num prints IPv6 uncompressed, so its text goes through our canonical form.
  return parseAddress(first.toString()) ?? address
}
