import { addressBytes } from './address.ts'
import type { Cidr } from './cidr.ts'

/** Finds the first of some networks that holds an address, given by its 4 or 16 octets; -1 when none does. */
export function networkFinder(networks: readonly Cidr[]): (address: Uint8Array) => number {
  const compiled = networks.map(({ network, prefix }) => ({ octets: addressBytes(network), prefix }))
  return (address) => compiled.findIndex(({ octets, prefix }) => isIn(address, octets, prefix))
}

function isIn(address: Uint8Array, network: Uint8Array, prefix: number): boolean {
  if (address.length !== network.length) return false
  const whole = prefix >> 3
  for (let i = 0; i < whole; i++) if (address[i] !== network[i]) return false
  const rest = 8 - (prefix & 7)
  return rest === 8 || ((address[whole] ?? 0) ^ (network[whole] ?? 0)) >> rest === 0
}
