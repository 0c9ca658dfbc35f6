import type { Rewrite } from '../config/corefile/plugins/rewrite.ts'
import { rcodes } from '../dns/answer.ts'
import type { Question } from '../dns/message.ts'
import { nameBytes } from '../dns/name.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import { askInstead, type Request } from './request.ts'
import { changeAnswer, type AnswerChange } from './rewrite-answer.ts'
import { rewriteRule, type Rewritten, type RewriteRule } from './rewrite-query.ts'

interface Rule {
  readonly stop: boolean
  readonly rewrite: RewriteRule
}

/**
 * Asks the plugins behind it another question, and gives their answer as one to the client's. The directives are tried in
 * order, each on what those before it made of the question, up to the first that fits and stops.
 */
export function rewrite(directives: readonly Rewrite[], next: Handler): Handler {
  const rules = directives.map(({ mode, rule }) => ({ stop: mode === 'stop', rewrite: rewriteRule(rule) }))
  return (request) => {
    const { name, type, class: questionClass } = request.query
    const rewritten = rewriteQuestion(rules, { name, type, class: questionClass })
    if (rewritten === undefined) return next(request)
    if (typeof rewritten === 'string') return failure(rewritten)
    const asked = askInstead(request, rewritten.question)
    return after(next(asked), (reply) => replyBack(request, asked, reply, rewritten.changes))
  }
}

/** The question with all that is to be done to its answer; undefined when no rule fits, a sentence for what is no name. */
function rewriteQuestion(rules: readonly Rule[], question: Question): Rewritten | string | undefined {
  let rewritten: Rewritten | undefined
  for (const { stop, rewrite: tryRule } of rules) {
    const once = tryRule(rewritten?.question ?? question)
    if (once === undefined) continue
    const { name } = once.question
    if (nameBytes(name) === undefined) return `rewrite made "${name}" of ${question.name}, which is not a DNS name`
    rewritten = { question: once.question, changes: [...(rewritten?.changes ?? []), ...once.changes] }
    if (stop) break
  }
  return rewritten
}

function replyBack(request: Request, asked: Request, reply: Reply, changes: readonly AnswerChange[]): Reply {
  const message = 'by' in reply ? messageOf(asked, reply) : undefined
  if (message === undefined || !('by' in reply)) return reply
  const { name, type, class: questionClass } = request.query
  const changed = changeAnswer({ ...message, questions: [{ name, type, class: questionClass }] }, changes)
  if (changed === undefined) return failure(`rewrite made a name in the answer to ${name} that is not a DNS name`)
  return { kind: 'message', message: changed, by: reply.by }
}

function failure(reason: string): Reply {
  return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason }
}
