import { decodeMessage } from '../dns/message-decoder.ts'
import { MalformedMessage, type Message } from '../dns/message.ts'
import type { Resolution } from '../dns/resolution.ts'
import { rcodeAnswer, rcodes, writeResolution } from '../dns/answer.ts'
import { wireAnswer, writeAnswer, type AnswerChanges, type WireAnswer } from '../dns/wire-answer.ts'
import type { Request } from './request.ts'

/** What a plugin says to a query. Whoever changes records asks for `messageOf`; whoever only looks on need not. */
export type Reply =
  /** What the zone says. */
  | { readonly kind: 'resolution'; readonly resolution: Resolution; readonly by: string }
  /** An answer from the cache or a server, and how the client's copy differs. */
  | { readonly kind: 'wire'; readonly answer: WireAnswer; readonly changes: AnswerChanges; readonly by: string }
  | { readonly kind: 'message'; readonly message: Message; readonly by: string }
  /** An rcode alone: no plugin wrote an answer. The reason is for the log of errors. */
  | { readonly kind: 'rcode'; readonly rcode: number; readonly reason?: string }
  /** Nothing is sent. */
  | { readonly kind: 'silence' }
  /** The messages of a zone transfer. */
  | { readonly kind: 'transfer'; readonly messages: Iterable<Uint8Array>; readonly by: string }

/** A reply as one message, whole; undefined for silence and a transfer. */
export function messageOf(request: Request, reply: Reply): Message | undefined {
  if (reply.kind === 'message') return reply.message
  const wire = writeReply({ ...request, transport: 'tcp' }, reply)
  if (!(wire instanceof Uint8Array)) return undefined
  const message = decodeMessage(wire)
  if (message instanceof MalformedMessage) throw new Error(`Cannot read our own answer: ${message.reason}`)
  return message
}

/** The octets for the client: with its identifier, its spelling of the question, and as much as its transport takes. */
export function writeReply(
  { message, query, name, transport }: Request,
  reply: Reply,
): Uint8Array | Iterable<Uint8Array> | undefined {
  switch (reply.kind) {
    case 'resolution':
      return writeResolution(message, query, name, transport, reply.resolution)
    case 'wire':
      return writeAnswer(reply.answer, message, query, transport, reply.changes)
    case 'message':
      return writeAnswer(wireOf(query, reply.message), message, query, transport, rdOf(reply.message))
    case 'rcode':
      return rcodeAnswer(message, query, transport, reply.rcode)
    case 'silence':
      return undefined
    case 'transfer':
      return reply.messages
  }
}

/** The rcode of a reply; undefined when nothing is sent. */
export function rcodeOf(reply: Reply): number | undefined {
  switch (reply.kind) {
    case 'resolution':
      return rcodes[reply.resolution.rcode]
    case 'wire':
      return reply.answer.rcode
    case 'message':
      return reply.message.rcode
    case 'rcode':
      return reply.rcode
    case 'silence':
      return undefined
    case 'transfer':
      return rcodes.NOERROR
  }
}

/** Plugins may say otherwise than the query. */
function rdOf({ recursionDesired }: Message): AnswerChanges {
  return { recursionDesired }
}

/** A message ready for the client with this query, whatever its own question. */
function wireOf({ name, type, class: questionClass }: Request['query'], message: Message): WireAnswer {
  return wireAnswer({ ...message, questions: [{ name, type, class: questionClass }] })
}
