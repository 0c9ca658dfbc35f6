import type { Address } from '../net/address.ts'
import type { Protocol } from '../net/protocol.ts'
import { isLoopback } from './node-port-addresses.ts'
import type { Share } from './share.ts'

/** The first packet of a connection, as it reaches the node's hooks. */
export interface Packet {
  readonly source: Address
  readonly destination: Address
  readonly protocol: Protocol
  readonly port: number
  /** The interface it came in by; absent for a packet that the node itself sends. */
  readonly inInterface?: string
}

/** One way that such a packet may go. */
export interface Fate {
  readonly share: Share
  /** Where it is sent, `10.244.1.7:8080`; absent when nothing translates it. */
  readonly target?: string
  /** Whoever receives it sees an address of the node instead of its source. */
  readonly masqueraded: boolean
  readonly verdict: Verdict
}

/** `reject` tells the sender at once, `drop` does not. */
export type Verdict = 'pass' | 'reject' | 'drop'

/** Whether the node itself has the address. Its loopback addresses need no listing. */
export function isOwnAddress(nodeAddresses: readonly Address[], address: Address): boolean {
  return isLoopback(address) || nodeAddresses.includes(address)
}
