import type { Transfer } from '../config/corefile/plugins/transfer.ts'
import { rcodes } from '../dns/answer.ts'
import { maxUdpAnswer } from '../dns/edns.ts'
import { decodeMessage } from '../dns/message-decoder.ts'
import { MalformedMessage, type Message } from '../dns/message.ts'
import { uint32At } from '../dns/octets.ts'
import type { Query } from '../dns/query.ts'
import { recordTypes } from '../dns/record-type.ts'
import { transferMessages } from '../dns/transfer-messages.ts'
import { zoneTransfer } from '../dns/zone-transfer.ts'
import type { PlacedRRset } from '../dns/resolution.ts'
import type { ZoneView } from '../dns/zone-view.ts'
import type { Block } from './block.ts'
import type { Handler } from './handler.ts'
import type { Reply } from './reply.ts'
import type { Request } from './request.ts'
import { viewOf } from './zone-source.ts'
import { zoneOf } from './zones.ts'

/** Gives the zones of the plugins kubernetes and k8s_external as a whole, over TCP, to those who may have them. */
export function transferPlugin(rules: readonly Transfer[], next: Handler, { zones, externalZones }: Block): Handler {
  const sources = [...externalZones, ...zones]
  return (request) => {
    const { name, query, transport } = request
    if (query.type !== recordTypes.AXFR && query.type !== recordTypes.IXFR) return next(request)
    if (transport === 'udp') return refused
    const rule = ruleFor(name, rules)
    if (rule === undefined) return next(request)
    if (!isAllowed(rule, request)) return refused
    const view = viewOf(sources, name)
    return view?.originOf(name)?.name === name ? transferOf(request, view) : next(request)
  }
}

const refused: Reply = { kind: 'rcode', rcode: rcodes.REFUSED }

/** The rule with the most specific zone that holds the name. */
function ruleFor(name: string, rules: readonly Transfer[]): Transfer | undefined {
  const found = zoneOf(
    name,
    rules.flatMap(({ zones }) => zones),
  )
  return rules.find(({ zones }) => found !== undefined && zones.includes(found))
}

function isAllowed({ to }: Transfer, { client }: Request): boolean {
  return to.some((receiver) => receiver === '*' || receiver.host === client.address)
}

function transferOf(request: Request, zone: ZoneView): Reply {
  const { message, name, query } = request
  const question = decodeMessage(message)
  const origin = zone.originOf(name)
  if (question instanceof MalformedMessage || origin === undefined) return failed('the query cannot be read')
  // One that is not complete would make a secondary forget what it has.
  if (!zone.synced) return failed('the zone is not complete yet')
  const head = headOf(question, query)
  // The zone goes on changing while the messages are sent; RRsets do not.
  const [soa, ...rest] = zoneTransfer(zone, origin)
  if (soa === undefined) return failed('the zone has no SOA')
  if (query.type === recordTypes.IXFR) {
    const serial = serialOf(question)
    if (serial === undefined) return failed('an IXFR has one SOA in its authority section')
    const [data] = soa.rrset.data
    if (data?.type === 'SOA' && data.serial === serial) return messages({ ...head, authoritative: false }, [soa])
  }
  return messages(head, [soa, ...rest])
}

function messages(head: Message, rrsets: readonly PlacedRRset[]): Reply {
  return { kind: 'transfer', messages: transferMessages(head, rrsets), by: 'transfer' }
}

function failed(reason: string): Reply {
  return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason }
}

/** The answer to a query, without records. */
function headOf(question: Message, { edns }: Query): Message {
  const { id, opcode, recursionDesired, checkingDisabled, questions } = question
  return {
    id,
    response: true,
    opcode,
    authoritative: true,
    truncated: false,
    recursionDesired,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled,
    rcode: rcodes.NOERROR,
    questions,
    answers: [],
    authority: [],
    additional: [],
    ...(edns && { edns: { ...edns, udpSize: Math.min(edns.udpSize, maxUdpAnswer) } }),
  }
}

/** The serial of the zone that the client has (RFC 1995 section 3). */
function serialOf({ authority }: Message): number | undefined {
  const [soa, ...more] = authority
  if (soa?.type !== recordTypes.SOA || more.length > 0) return undefined
  // Behind the two names come five numbers.
  return uint32At(soa.data, soa.data.length - 20)
}
