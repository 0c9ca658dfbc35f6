import { networkInterfaces } from 'node:os'
import { parseAddress, type Address } from '../net/address.ts'

/** Every address of this machine's interfaces, sorted. */
export function localAddresses(): readonly Address[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  // A link-local address carries its interface: fe80::1%eth0.
  return addresses.flatMap(({ address }) => parseAddress(address.replace(/%.*$/, '')) ?? []).sort()
}
