import type { Loadbalance } from '../config/corefile/plugins/loadbalance.ts'
import { rcodes } from '../dns/answer.ts'
import type { Message, MessageRecord } from '../dns/message.ts'
import type { PlacedRRset, Resolution } from '../dns/resolution.ts'
import { rrsetOfWire, type RRset } from '../dns/rrset.ts'
import { shuffleAddresses, type RandomBelow } from '../dns/shuffled-records.ts'
import { shuffled } from '../dns/shuffled.ts'
import { networkFinder } from '../net/network-finder.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import type { Request } from './request.ts'
import { placeOf, places } from './section-order.ts'
import { shuffleWire } from './shuffled-wire.ts'

/** Which of the preferred networks an address lies in, given by its octets; the number of networks when in none. */
type Rank = (address: Uint8Array) => number

/**
 * Puts the records of positive answers in another order each time: aliases first, then other types, then addresses, then
 * MX records. Addresses in a network that is preferred come before others, in the order of the networks.
 */
export function loadbalance({ prefer }: Loadbalance, next: Handler, random: RandomBelow): Handler {
  const find = networkFinder(prefer)
  const rank: Rank = (address) => {
    const place = find(address)
    return place === -1 ? prefer.length : place
  }
  return prefer.length === 0
    ? (request) => after(next(request), (reply) => shuffleReply(request, reply, random))
    : (request) => after(next(request), (reply) => arrangeReply(request, reply, random, rank))
}

/** The usual answers stay in their form. */
function shuffleReply(request: Request, reply: Reply, random: RandomBelow): Reply {
  if (reply.kind === 'resolution') return { ...reply, resolution: shuffleResolution(reply.resolution, random) }
  if (reply.kind === 'wire') {
    if (reply.answer.rcode !== rcodes.NOERROR) return reply
    const answer = shuffleWire(reply.answer, request.query.questionEnd, random)
    if (answer) return { ...reply, answer }
  }
  return arrangeReply(request, reply, random, () => 0)
}

function arrangeReply(request: Request, reply: Reply, random: RandomBelow, rank: Rank): Reply {
  if (!('by' in reply)) return reply
  const message = messageOf(request, reply)
  // A transfer has none, and its order has a meaning.
  if (message === undefined || message.rcode !== rcodes.NOERROR) return reply
  return { kind: 'message', message: arrangeMessage(message, random, rank), by: reply.by }
}

function arrangeMessage(message: Message, random: RandomBelow, rank: Rank): Message {
  const arrange = (records: readonly MessageRecord[]): readonly MessageRecord[] => arranged(records, random, rank)
  return {
    ...message,
    answers: arrange(message.answers),
    authority: arrange(message.authority),
    additional: arrange(message.additional),
  }
}

function arranged(records: readonly MessageRecord[], random: RandomBelow, rank: Rank): readonly MessageRecord[] {
  if (records.length < 2) return records
  const at = (place: number): readonly MessageRecord[] => records.filter(({ type }) => placeOf(type) === place)
  const addresses = shuffled(at(places.address), random).toSorted((a, b) => rank(a.data) - rank(b.data))
  return [...at(places.alias), ...at(places.other), ...addresses, ...shuffled(at(places.exchanger), random)]
}

/** The sections of a zone are in order already but for their addresses. */
function shuffleResolution(resolution: Resolution, random: RandomBelow): Resolution {
  const { rcode, answers, additional } = resolution
  if (rcode !== 'NOERROR') return resolution
  return { ...resolution, answers: shuffleRRsets(answers, random), additional: shuffleRRsets(additional, random) }
}

function shuffleRRsets(placed: readonly PlacedRRset[], random: RandomBelow): readonly PlacedRRset[] {
  const addresses = placed.filter(({ rrset }) => isAddress(rrset.type))
  const [only] = addresses
  if (only === undefined || (addresses.length === 1 && only.rrset.count < 2)) return placed
  const others = placed.filter(({ rrset }) => !isAddress(rrset.type))
  const shuffle = ({ owner, rrset }: PlacedRRset): PlacedRRset => ({ owner, rrset: shuffledRRset(rrset, random) })
  return [...others, ...shuffled(addresses, random).map(shuffle)]
}

function shuffledRRset(rrset: RRset, random: RandomBelow): RRset {
  const wire = Uint8Array.from(rrset.wire)
  shuffleAddresses(wire, 0, rrset.type, rrset.count, random)
  return rrsetOfWire(wire, rrset.count)
}

function isAddress(type: number): boolean {
  return placeOf(type) === places.address
}
