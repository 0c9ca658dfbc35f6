import type { Packet } from '../../../plan/packet.ts'
import type { Share } from '../../../plan/share.ts'

/** A packet on its way through the chains, with what they have done to it. */
export interface Way {
  readonly packet: Packet
  /** How much of all packets came this way. */
  readonly share: Share
  /** The packet's mark: 32 bits. */
  readonly mark: number
  /** Where DNAT sent it; absent while nothing has. */
  readonly target?: string
  readonly masqueraded: boolean
  /** The target that ended its way through the table; absent while none has. */
  readonly end?: string | undefined
}
