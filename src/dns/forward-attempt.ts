import type { ForwardOptions } from './forward-options.ts'
import { answersQuery, type ForwardQuery } from './forward-query.ts'
import type { ForwardEnvironment, ForwardTarget } from './forward-target.ts'
import { decodeMessage } from './message-decoder.ts'
import { MalformedMessage, type Message } from './message.ts'
import { headerLength } from './query.ts'

/**
 * The reply of one server, or the sentence that says why there is none within `totalMs`. With `prefer_udp` a truncated
 * reply is asked for again over TCP.
 */
export async function askServer(
  target: ForwardTarget,
  query: ForwardQuery,
  transport: 'udp' | 'tcp',
  totalMs: number,
  options: ForwardOptions,
  environment: ForwardEnvironment,
): Promise<Message | string> {
  const start = environment.now()
  const reply = await exchange(target, query, transport, totalMs, options)
  const milliseconds = environment.now() - start
  const outcome = typeof reply === 'string' ? { reason: reply } : { rcode: reply.rcode }
  environment.observe({ kind: 'exchange', target: target.name, milliseconds, ...outcome })
  if (typeof reply === 'string' || !reply.truncated) return reply
  if (transport === 'tcp' || options.transport !== 'prefer_udp') return reply
  return askServer(target, query, 'tcp', totalMs - milliseconds, options, environment)
}

async function exchange(
  target: ForwardTarget,
  query: ForwardQuery,
  transport: 'udp' | 'tcp',
  totalMs: number,
  options: ForwardOptions,
): Promise<Message | string> {
  try {
    const accepts = (reply: Uint8Array): boolean => answersQuery(query, reply)
    const reply = await target.exchange(query.wire, { transport, readMs: options.readTimeoutMs, totalMs, accepts })
    const message = decodeMessage(reply)
    if (!(message instanceof MalformedMessage)) return message
    if (transport === 'udp') return truncatedReply(query, reply)
    return `The reply of ${target.name} is malformed: ${message.reason}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What a client gets for a datagram whose records cannot be read: none, and TC, so that it asks again over TCP. */
function truncatedReply(query: ForwardQuery, reply: Uint8Array): Message | string {
  const head = Uint8Array.from(reply.subarray(0, query.questionEnd))
  head[2] = (head[2] ?? 0) | 0x02
  // The question, which is there and is the query's, and no records.
  head.fill(0, 6, headerLength)
  const message = decodeMessage(head)
  return message instanceof MalformedMessage ? message.reason : message
}
