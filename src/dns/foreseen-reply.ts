import { answerQuery, rcodes } from './answer.ts'
import type { ClientReply } from './client/client.ts'
import { decodeMessage } from './message-decoder.ts'
import { encodeMessage } from './message-encoder.ts'
import { MalformedMessage, type Message, type MessageRecord } from './message.ts'
import { readName } from './name.ts'
import { recordTypes } from './record-type.ts'
import type { Zone } from './zone.ts'

/** What the cluster DNS will say to a question, as far as the zone tells it. */
export interface ForeseenReply extends ClientReply {
  readonly message: Message
  /**
   * The name that an upstream resolver is asked for: that of the question, or the one an alias leads to. What it says nobody
   * knows here; it is taken to have records where `hasData` says so, which the message then lacks.
   */
  readonly upstream?: string
}

/**
 * Answers a question from the zone; of what is outside, aliases are taken to lead to an address.
 *
 * @param upstreamHas Whether a resolver outside is taken to have a name.
 */
export function foreseeReply(
  zone: Zone,
  name: string,
  type: number,
  upstreamHas: (name: string) => boolean,
): ForeseenReply {
  const message = zoneReply(zone, name, type)
  if (message.rcode === rcodes.REFUSED) return foreseeUpstream(message, name, upstreamHas)
  const { rcode, answers } = message
  const target = aliasTarget(answers.at(-1))
  const upstream = target !== undefined && zone.originOf(target.toLowerCase()) === undefined ? target : undefined
  const hasData = upstream !== undefined || answers.some((record) => record.type === type)
  return { rcode, hasAnswers: answers.length > 0, hasData, message, ...(upstream !== undefined && { upstream }) }
}

/** The reply of a resolver that knows nothing of the cluster. */
export function foreseeUpstream(message: Message, name: string, upstreamHas: (name: string) => boolean): ForeseenReply {
  const has = upstreamHas(name)
  const rcode = has ? rcodes.NOERROR : rcodes.NXDOMAIN
  return { rcode, hasAnswers: has, hasData: has, message: { ...message, rcode, answers: [] }, upstream: name }
}

/** A query as a client sends it. */
export function clientMessage(name: string, type: number): Message {
  return {
    id: 0,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name, type, class: 1 }],
    answers: [],
    authority: [],
    additional: [],
  }
}

/** As over TCP: whole. */
function zoneReply(zone: Zone, name: string, type: number): Message {
  const octets = answerQuery(zone, encodeMessage(clientMessage(name, type)), 'tcp')
  const reply = octets && decodeMessage(octets)
  // Neither can be: the query is one, and the answer is ours.
  if (reply === undefined || reply instanceof MalformedMessage) throw new RangeError(`No answer to "${name}"`)
  return reply
}

function aliasTarget(record: MessageRecord | undefined): string | undefined {
  return record?.type === recordTypes.CNAME ? readName(record.data, 0)?.name : undefined
}
