import type { Header } from '../config/corefile/plugins/header.ts'
import type { AnswerChanges } from '../dns/wire-answer.ts'
import { optional } from '../model/optional.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import type { Request } from './request.ts'

type Rules = Header['query']

type Flags = Omit<AnswerChanges, 'ttl'>

/** Octet and bit in the header of a message (RFC 1035 section 4.1.1). */
const bits = { aa: [2, 0x04], rd: [2, 0x01], ra: [3, 0x80] } as const

/**
 * Sets and clears bits in queries for the plugins behind it, and in their answers. What it does to RD in the query the
 * client does not see: an answer has the RD of its query (RFC 1035 section 4.1.1). An rcode alone stays as it is.
 */
export function header({ query, response }: Header, next: Handler): Handler {
  const flags = flagsOf(response)
  return (request) => {
    const changed = query.length === 0 ? request : { ...request, message: withBits(request.message, query) }
    return after(next(changed), (reply) => withFlags(request, reply, flags))
  }
}

function withBits(message: Uint8Array, rules: Rules): Uint8Array {
  const changed = Uint8Array.from(message)
  for (const { flag, value } of rules) {
    const [octet, bit] = bits[flag]
    changed[octet] = value ? (changed[octet] ?? 0) | bit : (changed[octet] ?? 0) & ~bit
  }
  return changed
}

/** The last rule for a bit counts. */
function flagsOf(rules: Rules): Flags {
  const last = (name: Rules[number]['flag']): boolean | undefined => rules.findLast(({ flag }) => flag === name)?.value
  return {
    ...optional('authoritative', last('aa')),
    ...optional('recursionAvailable', last('ra')),
    ...optional('recursionDesired', last('rd')),
  }
}

function withFlags(request: Request, reply: Reply, flags: Flags): Reply {
  if (reply.kind === 'wire') return { ...reply, changes: { ...reply.changes, ...flags } }
  if (!('by' in reply) || (reply.kind === 'resolution' && Object.keys(flags).length === 0)) return reply
  const message = messageOf(request, reply)
  if (message === undefined) return reply
  const recursionDesired = ((request.message[2] ?? 0) & 0x01) !== 0
  return { kind: 'message', message: { ...message, recursionDesired, ...flags }, by: reply.by }
}
