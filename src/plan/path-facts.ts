import type { Address } from '../net/address.ts'
import type { LocalDetector } from './local-detector.ts'

/** What decides where a packet goes, besides the plans. */
export interface PathFacts {
  /** Absent: nothing tells the packets of pods from others. */
  readonly localDetector?: LocalDetector
  readonly masqueradeAll: boolean
  /** Every address of the node's interfaces. */
  readonly nodeAddresses: readonly Address[]
  /** Where node ports are open: with 127.0.0.1 among them, loopback is kept from whoever is not the node itself. */
  readonly nodePortAddresses: readonly Address[]
}
