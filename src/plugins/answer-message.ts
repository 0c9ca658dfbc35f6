import { maxUdpAnswer, type Edns } from '../dns/edns.ts'
import type { Message } from '../dns/message.ts'
import { setUint16 } from '../dns/octets.ts'
import type { Request } from './request.ts'

/** An answer to a query without records and flags of its own, but for these fields. */
export function answerMessage({ message, query }: Request, fields: Partial<Message>): Message {
  const [high = 0, low = 0] = message.subarray(2, 4)
  return {
    id: 0,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: (high & 0x01) !== 0,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: (low & 0x10) !== 0,
    rcode: 0,
    questions: [{ name: query.name, type: query.type, class: query.class }],
    answers: [],
    authority: [],
    additional: [],
    ...fields,
  }
}

/** Why a client gets what it gets, for those that have EDNS (RFC 8914): 15 is Blocked, 17 Filtered. */
export function extendedError(code: number, reason = ''): Edns {
  const text = new TextEncoder().encode(reason)
  const options = new Uint8Array(6 + text.length)
  setUint16(options, 0, extendedErrorOption)
  setUint16(options, 2, 2 + text.length)
  setUint16(options, 4, code)
  options.set(text, 6)
  return { udpSize: maxUdpAnswer, version: 0, dnssecOk: false, options }
}

const extendedErrorOption = 15
