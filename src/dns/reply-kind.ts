import { rcodes } from './answer.ts'
import type { CacheQuestion } from './cache-question.ts'
import type { Message, MessageRecord } from './message.ts'
import { recordTypes } from './record-type.ts'

/** What a reply is to a cache; `other` is what no cache keeps, and `mismatch` what does not answer the question. */
export type ReplyKind = 'success' | 'denial' | 'failure' | 'other' | 'mismatch'

export function replyKind(question: CacheQuestion, reply: Message): ReplyKind {
  if (!isAnswerTo(question, reply)) return 'mismatch'
  if (reply.truncated || question.type === recordTypes.AXFR || question.type === recordTypes.IXFR) return 'other'
  switch (reply.rcode) {
    case rcodes.NOERROR:
      return kindOfNoError(question, reply)
    case rcodes.NXDOMAIN:
      // One with answers is an alias that leads nowhere.
      return reply.answers.length === 0 && hasType(reply.authority, recordTypes.SOA) ? 'denial' : 'other'
    case rcodes.SERVFAIL:
    case rcodes.NOTIMP:
      return 'failure'
    default:
      return 'other'
  }
}

function kindOfNoError(question: CacheQuestion, reply: Message): ReplyKind {
  const denial = hasType(reply.authority, recordTypes.SOA) ? 'denial' : 'other'
  if (reply.answers.length > 0) return leadsToType(question, reply.answers) ? 'success' : denial
  if (denial === 'denial') return denial
  // A referral.
  return hasType(reply.authority, recordTypes.NS) ? 'success' : 'other'
}

/** Aliases alone are an answer only to a question for them. */
function leadsToType(question: CacheQuestion, answers: readonly MessageRecord[]): boolean {
  return question.type === recordTypes.ANY || hasType(answers, question.type)
}

function isAnswerTo(question: CacheQuestion, reply: Message): boolean {
  const [asked, ...more] = reply.questions
  return (
    reply.response &&
    reply.opcode === 0 &&
    more.length === 0 &&
    asked?.name.toLowerCase() === question.name &&
    asked.type === question.type &&
    asked.class === question.class
  )
}

function hasType(records: readonly MessageRecord[], type: number): boolean {
  return records.some((record) => record.type === type)
}
