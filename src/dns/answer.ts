import { maxUdpAnswer } from './edns.ts'
import { MessageWriter } from './message-writer.ts'
import { headerLength, readQuery, type Query, type UnnamedQuery } from './query.ts'
import { resolve, type Rcode, type Resolution } from './resolution.ts'
import type { RandomBelow } from './shuffled-records.ts'
import type { ZoneView } from './zone-view.ts'

/** Response codes by number. */
export const rcodes: Readonly<Record<Rcode | 'FORMERR' | 'NOTIMP', number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
}

export const internet = 1

/**
 * The answer to one message, whatever its octets are; undefined when silence is the answer.
 *
 * @param random Shuffles the addresses of each name; absent: they stay in their order.
 */
export function answerQuery(
  zone: ZoneView,
  message: Uint8Array,
  transport: 'udp' | 'tcp',
  random?: RandomBelow,
): Uint8Array | undefined {
  const incoming = readQuery(message, transport)
  switch (incoming.kind) {
    case 'drop':
      return undefined
    case 'refuse':
      return bareHeader(message, rcodes[incoming.rcode])
    case 'query':
      return answerQuestion(zone, message, incoming, transport, random)
  }
}

function answerQuestion(
  zone: ZoneView,
  message: Uint8Array,
  query: Query,
  transport: 'udp' | 'tcp',
  random: RandomBelow | undefined,
): Uint8Array {
  const name = query.name.toLowerCase()
  const badVersion = hasBadVersion(query)
  // BADVERS is 16: its upper bits go into the OPT record, and none remain for the header.
  if (badVersion || query.class !== internet) {
    return rcodeAnswer(message, query, transport, badVersion ? 0 : rcodes.REFUSED)
  }
  return writeResolution(message, query, name, transport, resolve(zone, name, query.type), random)
}

/** A resolution as the answer to its query; `name` is the query's in lower case. */
export function writeResolution(
  message: Uint8Array,
  query: Query,
  name: string,
  transport: 'udp' | 'tcp',
  { rcode, origin, answers, authority, additional }: Resolution,
  random?: RandomBelow,
): Uint8Array {
  const limit = answerLimit(query, transport)
  const writer = new MessageWriter(message, query.questionEnd, name, origin?.length ?? 0, limit, query.edns, random)
  writer.add('answer', answers)
  writer.add('authority', authority)
  writer.add('additional', additional)
  return writer.finish(rcodes[rcode], origin !== undefined)
}

/** An answer of an rcode alone, with the question and the OPT. */
export function rcodeAnswer(message: Uint8Array, query: Query, transport: 'udp' | 'tcp', rcode: number): Uint8Array {
  const limit = answerLimit(query, transport)
  const writer = new MessageWriter(message, query.questionEnd, query.name.toLowerCase(), 0, limit, query.edns)
  return writer.finish(rcode, false)
}

/** RFC 6891 section 6.2.5: a size below 512 means 512, and without EDNS it is 512. */
export function answerLimit(query: UnnamedQuery, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return 65535
  return Math.min(Math.max(query.edns?.udpSize ?? 512, 512), maxUdpAnswer)
}

/** A version of EDNS that we do not speak. */
export function hasBadVersion({ edns }: UnnamedQuery): boolean {
  return edns !== undefined && edns.version !== 0
}

/** Identifier, opcode and RD of the query, and the rcode: what could not be read is not repeated. */
export function bareHeader(message: Uint8Array, rcode: number): Uint8Array {
  const header = new Uint8Array(headerLength)
  header.set(message.subarray(0, 2))
  header[2] = 0x80 | ((message[2] ?? 0) & 0x79)
  header[3] = rcode
  return header
}
