import { rcodes } from '../dns/answer.ts'
import type { Message } from '../dns/message.ts'
import { recordTypes } from '../dns/record-type.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import { askInstead, type Request } from './request.ts'

/** Aliases of ours that one may lead through before it goes round in circles. */
const maxHops = 8

/**
 * Asks the server itself for the name that an alias leads to, as its client would, and puts what that says behind the
 * alias. Unlike CoreDNS it passes on that the name does not exist, or that nobody could say (RFC 6604).
 */
export function followAlias(request: Request, reply: Reply, target: string, ask: Handler): Reply | Promise<Reply> {
  if (request.hops === maxHops) {
    const reason = `it is an alias that leads through more than ${maxHops} others`
    return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason }
  }
  const question = { ...askInstead(request, { name: target }), hops: request.hops + 1 }
  return after(ask(question), (answer) => {
    const alias = messageOf(request, reply)
    if (alias === undefined) return reply
    return { kind: 'message', message: joined(alias, messageOf(question, answer)), by: 'kubernetes' }
  })
}

function joined(alias: Message, target: Message | undefined): Message {
  if (target === undefined) return alias
  // A server that has nothing to say about a name outside leaves the client with the alias, as CoreDNS does.
  const rcode = target.rcode === rcodes.SERVFAIL || target.rcode === rcodes.NXDOMAIN ? target.rcode : rcodes.NOERROR
  const answers = [...alias.answers, ...target.answers]
  // The SOA says for how long there is nothing; name servers say nothing that the client asked for.
  const authority = target.authority.filter(({ type }) => type === recordTypes.SOA)
  return { ...alias, rcode, truncated: target.truncated, answers, authority, additional: [] }
}
