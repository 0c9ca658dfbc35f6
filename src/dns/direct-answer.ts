import { isAddress } from './apex.ts'
import { answerLimit, hasBadVersion, internet, rcodes } from './answer.ts'
import { hasTarget, MessageWriter } from './message-writer.ts'
import type { Origin } from './origin.ts'
import { headerLength, inspectQuery, type UnnamedQuery } from './query.ts'
import { recordTypes } from './record-type.ts'
import type { RandomBelow } from './shuffled-records.ts'
import { countOfPart, entryFlags, findPart, hasFlag, lengthOfPart, startOfPart } from './table/entry.ts'
import { lowerOctet } from './table/key-hash.ts'
import type { ZoneView } from './zone-view.ts'

/** A plain question, and the zone that its name lies in. */
export interface DirectQuestion extends UnnamedQuery {
  readonly origin: Origin
}

/** Reads a question that may be answered straight from a table; undefined for one that takes more than that. */
export function directQuestion(
  zone: ZoneView,
  message: Uint8Array,
  transport: 'udp' | 'tcp',
): DirectQuestion | undefined {
  const query = inspectQuery(message, transport)
  if (query.kind !== 'query' || query.class !== internet || hasBadVersion(query) || special.has(query.type))
    return undefined
  const origin = originIn(zone, message, query.questionEnd - 4)
  return origin && { ...query, origin }
}

/**
 * What `answerQuery` gives, for the plain questions that nearly all are, without making a single text: the name is looked
 * up as it stands in the message, and what is found is copied out. Undefined when it takes more than that: ask `answerQuery`.
 */
export function answerDirectly(
  zone: ZoneView,
  message: Uint8Array,
  question: DirectQuestion,
  transport: 'udp' | 'tcp',
  random?: RandomBelow,
): Uint8Array | undefined {
  const { type, questionEnd } = question
  const { image, generation } = zone.table
  const nameEnd = questionEnd - 4
  const entry = image.find(message, headerLength, nameEnd, generation)
  if (entry === 0)
    return isClosedAbove(zone, message, nameEnd) ? denial(zone, message, question, transport, 'NXDOMAIN') : undefined
  const part = findPart(image.words, entry, type)
  if (part !== 0) return hasTarget(type) ? undefined : plainAnswer(zone, message, question, transport, part, random)
  const alias = isAddress(type) && findPart(image.words, entry, recordTypes.CNAME) !== 0
  if (alias || !hasFlag(image.words, entry, entryFlags.whole)) return undefined
  return denial(zone, message, question, transport, 'NOERROR')
}

/** Types that an apex has records of which no entry holds, that are no question for one name, or that plugins have a word in. */
const special: ReadonlySet<number> = new Set([
  recordTypes.SOA,
  recordTypes.NS,
  recordTypes.AXFR,
  recordTypes.IXFR,
  recordTypes.ANY,
  recordTypes.DS,
])

function plainAnswer(
  { table }: ZoneView,
  message: Uint8Array,
  query: UnnamedQuery,
  transport: 'udp' | 'tcp',
  part: number,
  random: RandomBelow | undefined,
): Uint8Array | undefined {
  const { words, bytes } = table.image
  const { type, questionEnd, edns } = query
  const writer = new MessageWriter(message, questionEnd, '', 0, answerLimit(query, transport), edns, random)
  const [count, length] = [countOfPart(words, part), lengthOfPart(words, part)]
  const fits = writer.addWire('answer', type, count, bytes, startOfPart(part), length)
  return fits ? writer.finish(rcodes.NOERROR, true) : undefined
}

function denial(
  zone: ZoneView,
  message: Uint8Array,
  question: DirectQuestion,
  transport: 'udp' | 'tcp',
  rcode: 'NOERROR' | 'NXDOMAIN',
): Uint8Array | undefined {
  const { questionEnd, edns, origin } = question
  if (rcode === 'NXDOMAIN' && !zone.synced) return undefined
  const writer = new MessageWriter(message, questionEnd, '', origin.length, answerLimit(question, transport), edns)
  writer.add('authority', [{ owner: origin.name, rrset: zone.soa(origin.name) }])
  return writer.finish(rcodes[rcode], true)
}

/** Whether the nearest name above that exists is one below which nothing exists but what has an entry. */
function isClosedAbove({ table }: ZoneView, message: Uint8Array, nameEnd: number): boolean {
  const { image, generation } = table
  for (let at = headerLength; at < nameEnd; at += 1 + (message[at] ?? 0)) {
    const entry = image.find(message, at, nameEnd, generation)
    if (entry !== 0) return hasFlag(image.words, entry, entryFlags.closed)
  }
  return false
}

/** The zone that the name in the question lies in. */
function originIn({ origins }: ZoneView, message: Uint8Array, nameEnd: number): Origin | undefined {
  for (let at = headerLength; at < nameEnd; at += 1 + (message[at] ?? 0)) {
    for (const origin of origins) if (origin.length === nameEnd - at && isSame(message, at, origin.wire)) return origin
  }
  return undefined
}

function isSame(message: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (lowerOctet(message[start + i] ?? 0) !== name[i]) return false
  return true
}
