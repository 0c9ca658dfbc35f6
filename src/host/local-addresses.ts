import { networkInterfaces } from 'node:os'
import { parseAddress, type Address } from '../net/address.ts'

/**
 * Every address of this machine's interfaces, sorted.
 *
 * @param except An interface that does not count.
 */
export function localAddresses(except?: string): readonly Address[] {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list = []]) => (name === except ? [] : list))
  // A link-local address carries its interface: fe80::1%eth0.
  return addresses.flatMap(({ address }) => parseAddress(address.replace(/%.*$/, '')) ?? []).sort()
}

/**
 * The addresses of this machine's interfaces that a socket can listen on by the address alone: an IPv6 link-local address is
 * none without its interface.
 */
export function interfaceAddresses(): readonly { readonly interface: string; readonly address: Address }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.flatMap((entry) => {
      const address = entry.family === 'IPv6' && entry.scopeid !== 0 ? undefined : parseAddress(entry.address)
      // An address with a label of its own, `eth0:1`, is still one of eth0.
      return address === undefined ? [] : [{ interface: name.replace(/:.*$/, ''), address }]
    }),
  )
}
