import type { Address } from '../../net/address.ts'
import { addressLine, addressWords } from './documents.ts'

type Addresses = ReadonlySet<Address>

/** Lines for `ip -batch -`. */
export interface AddressDiff {
  readonly additions: readonly string[]
  readonly removals: readonly string[]
}

export function diffAddresses(kernel: Addresses, wanted: Addresses): AddressDiff {
  return {
    additions: without(wanted, kernel).map(addressLine),
    removals: without(kernel, wanted).map((address) => `addr del ${addressWords(address)}`),
  }
}

function without(addresses: Addresses, others: Addresses): readonly Address[] {
  return [...addresses].filter((address) => !others.has(address))
}
