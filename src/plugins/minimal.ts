import { rcodes } from '../dns/answer.ts'
import type { Message } from '../dns/message.ts'
import { uint16At } from '../dns/octets.ts'
import { recordTypes } from '../dns/record-type.ts'
import type { Resolution } from '../dns/resolution.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import type { Request } from './request.ts'

const transfers: ReadonlySet<number> = new Set([recordTypes.AXFR, recordTypes.IXFR])
/** In the authority section they make an answer without records a denial or a referral. */
const meaningful: ReadonlySet<number> = new Set([recordTypes.SOA, recordTypes.NS])

/** Leaves the authority and additional sections out of positive answers; denials and referrals keep theirs. */
export function minimal(next: Handler): Handler {
  return (request) => after(next(request), (reply) => shorten(request, reply))
}

function shorten(request: Request, reply: Reply): Reply {
  if (reply.kind === 'resolution') return { ...reply, resolution: shortResolution(reply.resolution) }
  if (reply.kind !== 'message' && (reply.kind !== 'wire' || endsWithAnswers(reply.answer.wire))) return reply
  const message = messageOf(request, reply)
  if (message === undefined || !isPositive(message)) return reply
  return { kind: 'message', message: { ...message, authority: [], additional: [] }, by: reply.by }
}

function shortResolution(resolution: Resolution): Resolution {
  const { rcode, answers } = resolution
  return rcode === 'NOERROR' && answers.length > 0 ? { ...resolution, authority: [], additional: [] } : resolution
}

/** By the counts in its header. */
function endsWithAnswers(wire: Uint8Array): boolean {
  return uint16At(wire, 8) === 0 && uint16At(wire, 10) === 0
}

function isPositive({ rcode, questions: [question], answers, authority }: Message): boolean {
  if (rcode !== rcodes.NOERROR || transfers.has(question?.type ?? 0)) return false
  return answers.length > 0 || !authority.some(({ type }) => meaningful.has(type))
}
