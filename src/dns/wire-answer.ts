import { answerLimit, rcodes } from './answer.ts'
import { ednsLength, maxUdpAnswer, mirroredOptions, selectOptions, skipName, writeOpt, type Edns } from './edns.ts'
import { encodeMessage } from './message-encoder.ts'
import type { Message, MessageRecord } from './message.ts'
import { setUint16, setUint32, uint16At } from './octets.ts'
import { headerLength, type Query } from './query.ts'

/** An answer made once for all clients with its question: each gets a copy. */
export interface WireAnswer {
  /** Header, question and records, without OPT. */
  readonly wire: Uint8Array
  /** 12 bits. */
  readonly rcode: number
  /** The EDNS options that are for the client to see, such as the reason of an error (RFC 8914). */
  readonly options: Uint8Array
}

/** What a client's copy says otherwise than the answer. */
export interface AnswerChanges {
  /** Of all records, in seconds. */
  readonly ttl?: number
  /** AA */
  readonly authoritative?: boolean
  /** RA */
  readonly recursionAvailable?: boolean
  /** RD, which is else the query's. */
  readonly recursionDesired?: boolean
}

const noOptions = new Uint8Array()

/** Makes an answer, which has a question, ready. What is named as the question is will be spelled as each client spells it. */
export function wireAnswer(message: Message): WireAnswer {
  const { edns, ...bare } = message
  const name = message.questions[0]?.name ?? '.'
  const lowerName = name.toLowerCase()
  const respelled = (records: readonly MessageRecord[]): readonly MessageRecord[] =>
    records.map((record) => (record.owner.toLowerCase() === lowerName ? { ...record, owner: name } : record))
  const wire = encodeMessage({
    ...bare,
    answers: respelled(message.answers),
    authority: respelled(message.authority),
    additional: respelled(message.additional),
  })
  // The others are between the upstream server and us.
  const options = edns && selectOptions(edns.options, (code) => !mirroredOptions.has(code))
  return { wire, rcode: message.rcode, options: options ?? noOptions }
}

/**
 * The copy for one client: its identifier, spelling, RD and CD, AD only if it asks for that, OPT only if it has one, and
 * as many whole records as its transport takes, with TC when that is not all. The query must have the answer's question.
 */
export function writeAnswer(
  answer: WireAnswer,
  message: Uint8Array,
  query: Query,
  transport: 'udp' | 'tcp',
  changes: AnswerChanges = {},
): Uint8Array {
  const { wire } = answer
  const limit = answerLimit(query, transport)
  const edns = query.edns && clientEdns(query.edns, answer, limit)
  const room = limit - ednsLength(edns)
  const cut = wire.length > room ? recordsThatFit(wire, query.questionEnd, room) : undefined
  const end = cut?.end ?? wire.length
  const copy = new Uint8Array(end + ednsLength(edns))
  copy.set(wire.subarray(0, end))
  copy.set(message.subarray(0, 2))
  copy.set(message.subarray(headerLength, query.questionEnd), headerLength)
  writeFlags(copy, answer, message, query, changes, cut !== undefined)
  if (changes.ttl !== undefined) setTtls(copy, query.questionEnd, end, changes.ttl)
  for (const [i, count] of (cut?.counts ?? []).entries()) setUint16(copy, 6 + 2 * i, count)
  if (edns) {
    writeOpt(copy, end, edns, answer.rcode >> 4)
    setUint16(copy, 10, uint16At(copy, 10) + 1)
  }
  return copy
}

/** The client's own OPT, as `writeEdns` has it, with what the upstream server says besides, where that costs no record. */
function clientEdns(client: Edns, { wire, options }: WireAnswer, limit: number): Edns {
  const edns = { ...client, udpSize: Math.min(client.udpSize, maxUdpAnswer) }
  if (wire.length + ednsLength(edns) + options.length > limit) return edns
  return options.length === 0 ? edns : { ...edns, options: Uint8Array.of(...client.options, ...options) }
}

function writeFlags(
  copy: Uint8Array,
  { wire, rcode }: WireAnswer,
  message: Uint8Array,
  query: Query,
  { authoritative, recursionAvailable, recursionDesired }: AnswerChanges,
  cut: boolean,
): void {
  const [high = 0, low = 0] = [wire[2], wire[3]]
  const [clientHigh = 0, clientLow = 0] = [message[2], message[3]]
  const aa = (authoritative ?? (high & 0x04) !== 0) ? 0x04 : 0
  const rd = (recursionDesired ?? (clientHigh & 0x01) !== 0) ? 0x01 : 0
  const ra = (recursionAvailable ?? (low & 0x80) !== 0) ? 0x80 : 0
  // RFC 6840 section 5.8.
  const ad = query.edns?.dnssecOk === true || (clientLow & 0x20) !== 0 ? low & 0x20 : 0
  const told = rcode > 15 && query.edns === undefined ? rcodes.SERVFAIL : rcode & 15
  copy[2] = 0x80 | aa | (high & 0x02) | (cut ? 0x02 : 0) | rd
  copy[3] = ra | ad | (clientLow & 0x10) | told
}

/** How many records of each section fit, and where the last of them ends. Pointers lead back, so the rest can go. */
function recordsThatFit(wire: Uint8Array, start: number, room: number): { end: number; counts: readonly number[] } {
  const counts = [0, 0, 0]
  let end = start
  for (let section = 0; section < 3; section++) {
    for (let i = uint16At(wire, 6 + 2 * section); i > 0; i--) {
      const next = endOfRecord(wire, end)
      if (next > room) return { end, counts }
      end = next
      counts[section] = (counts[section] ?? 0) + 1
    }
  }
  return { end, counts }
}

function setTtls(copy: Uint8Array, start: number, end: number, ttl: number): void {
  for (let at = start; at < end; at = endOfRecord(copy, at)) setUint32(copy, skipName(copy, at) + 4, ttl)
}

function endOfRecord(wire: Uint8Array, start: number): number {
  const head = skipName(wire, start)
  return head + 10 + uint16At(wire, head + 8)
}
