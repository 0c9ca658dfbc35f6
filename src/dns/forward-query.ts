import { ednsLength, maxUdpAnswer, mirroredOptions, selectOptions, writeOpt } from './edns.ts'
import { decodeMessage } from './message-decoder.ts'
import { MalformedMessage } from './message.ts'
import { nameBytes } from './name.ts'
import { setUint16, uint16At } from './octets.ts'
import { headerLength, type Query } from './query.ts'
import { recordTypes } from './record-type.ts'

/** A query as it goes to an upstream server. */
export interface ForwardQuery {
  /** The message, with identifier 0. */
  readonly wire: Uint8Array
  readonly questionEnd: number
  /** Name, type and class: a forged answer to one query with this question could be taken for that to another. */
  readonly question: string
  /** What else must be equal for one answer to serve two clients: RD, CD, DO, EDNS and its options. */
  readonly variant: string
  /** It has options of its client's, such as a client subnet, so the answer is nobody else's and no cache may keep it. */
  readonly personal: boolean
}

const noOptions = new Uint8Array()

/**
 * What of a client's query travels: the question as it is spelled, RD, CD, and with EDNS its DO bit and those options
 * that may pass a hop (the others are what we mirror: RFC 5001, 7314, 7828, 7830, 7873). A query without EDNS goes
 * without. The UDP size is ours. AD asks to be told whether the answer is authentic (RFC 6840 section 5.7), so that
 * clients that want to know and clients that do not can share it.
 */
export function forwardQuery(message: Uint8Array, query: Query): ForwardQuery {
  const { questionEnd } = query
  const options = query.edns ? travellingOptions(message, query) : noOptions
  const edns = query.edns && { udpSize: maxUdpAnswer, version: 0, dnssecOk: query.edns.dnssecOk, options }
  const wire = new Uint8Array(questionEnd + ednsLength(edns))
  wire.set(message.subarray(headerLength, questionEnd), headerLength)
  wire[2] = (message[2] ?? 0) & 0x01
  wire[3] = 0x20 | ((message[3] ?? 0) & 0x10)
  wire[5] = 1
  wire[11] = edns ? 1 : 0
  if (edns) writeOpt(wire, questionEnd, edns, 0)
  return {
    wire,
    questionEnd,
    question: `${query.name.toLowerCase()} ${query.type} ${query.class}`,
    variant: [wire[2], wire[3], edns?.dnssecOk, ...options].join(),
    personal: options.length > 0,
  }
}

/** Whether what answers this query is for its client alone, as `ForwardQuery.personal` says. */
export function isPersonal(message: Uint8Array, query: Query): boolean {
  return query.edns !== undefined && travellingOptions(message, query).length > 0
}

/** NS of a domain, the root if it is `.`: what asks a server whether it is there. Throws a RangeError when it is no name. */
export function healthQuery(domain: string, recursionDesired: boolean): Uint8Array {
  const name = nameBytes(domain)
  if (!name) throw new RangeError(`Cannot check the health of upstreams with "${domain}": it is not a DNS name`)
  const wire = new Uint8Array(headerLength + name.length + 4)
  wire[2] = recursionDesired ? 0x01 : 0
  wire[5] = 1
  wire.set(name, headerLength)
  setUint16(wire, headerLength + name.length, recordTypes.NS)
  setUint16(wire, headerLength + name.length + 2, 1)
  return wire
}

/**
 * Whether a message answers the query: a response with its opcode and exactly its question, letters in any case. The
 * identifier is for whoever chose it to compare.
 */
export function answersQuery({ wire, questionEnd }: ForwardQuery, reply: Uint8Array): boolean {
  if (!isResponse(reply) || reply.length < questionEnd || uint16At(reply, 4) !== 1) return false
  const nameEnd = questionEnd - 4
  for (let at = headerLength; at < questionEnd; at++) {
    const [ours = 0, theirs = 0] = [wire[at], reply[at]]
    // In a name the octets that are no letters are lengths and others that have no case.
    if (ours !== theirs && (at >= nameEnd || lowerCase(ours) !== lowerCase(theirs))) return false
  }
  return true
}

/** QR is set and the opcode is that of a query. */
export function isResponse(message: Uint8Array): boolean {
  return message.length >= headerLength && ((message[2] ?? 0) & 0xf8) === 0x80
}

function travellingOptions(message: Uint8Array, query: Query): Uint8Array {
  // The usual client has none but those that `readQuery` has kept, and nothing else behind its question.
  if (message.length === query.questionEnd + ednsLength(query.edns)) return noOptions
  const decoded = decodeMessage(message)
  if (decoded instanceof MalformedMessage || !decoded.edns) return noOptions
  return selectOptions(decoded.edns.options, (code) => !mirroredOptions.has(code)) ?? noOptions
}

function lowerCase(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet + 32 : octet
}
