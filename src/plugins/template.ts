import type { Template } from '../config/corefile/plugins/template.ts'
import { rcodes } from '../dns/answer.ts'
import type { Message, MessageRecord } from '../dns/message.ts'
import { readName } from '../dns/name.ts'
import { parseRecordText } from '../dns/record-text.ts'
import { recordTypes } from '../dns/record-type.ts'
import { answerMessage, extendedError } from './answer-message.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, type Reply } from './reply.ts'
import { askInstead, type Request } from './request.ts'
import { templateMatcher, type TemplateText } from './template-match.ts'
import { zoneOf } from './zones.ts'

const failed: Extract<Reply, { kind: 'rcode' }> = { kind: 'rcode', rcode: rcodes.SERVFAIL }

/** How many aliases are followed, also when each leads to a template again. */
const maxAliases = 8

/**
 * Answers with records made from the question. The first directive that fits answers; one whose expressions do not match
 * fails the query, unless it falls through.
 *
 * @param ask All plugins, from the first on: where an alias leads to is asked there, for A and AAAA.
 * @param count Told of each match: zone, view, class and type of the directive.
 */
export function template(
  directives: readonly Template[],
  next: Handler,
  ask: Handler,
  count: (labels: readonly string[]) => void,
): Handler {
  const templates = directives.map((directive) => ({ directive, match: templateMatcher(directive) }))
  return (request) => {
    for (const { directive, match } of templates) {
      const matched = match(request)
      if (typeof matched === 'function') {
        count([zoneOf(request.name, directive.zones) ?? '', '', directive.class.name, directive.type.name])
        return answer(directive, matched, request, ask)
      }
      if (matched === 'no match' && zoneOf(request.name, directive.fallthrough) === undefined) return failed
    }
    return next(request)
  }
}

function answer(directive: Template, text: TemplateText, request: Request, ask: Handler): ReturnType<Handler> {
  const { rcode, extendedError: error } = directive
  if (rcode.number === rcodes.SERVFAIL) return failed
  const answers = makeRecords(directive.answer, text)
  const authority = makeRecords(directive.authority, text)
  const additional = makeRecords(directive.additional, text)
  if (typeof answers === 'string') return { ...failed, reason: answers }
  if (typeof authority === 'string') return { ...failed, reason: authority }
  if (typeof additional === 'string') return { ...failed, reason: additional }
  const edns = error && { edns: extendedError(error.code, error.reason) }
  const fields = { authoritative: true, rcode: rcode.number, authority, additional, ...edns }
  return after(followAlias(answers, request, ask), (followed) => ({
    kind: 'message',
    message: answerMessage(request, { ...fields, ...followed }),
    by: 'template',
  }))
}

/** The answers, with what an alias leads to behind it. A name has one alias at most (RFC 2181 section 10.1). */
function followAlias(
  answers: readonly MessageRecord[],
  request: Request,
  ask: Handler,
): Partial<Message> | Promise<Partial<Message>> {
  const { query, hops } = request
  const place = answers.findIndex(({ type }) => type === recordTypes.CNAME)
  const target = readName(answers[place]?.data ?? new Uint8Array(), 0)
  const forAddress = query.type === recordTypes.A || query.type === recordTypes.AAAA
  if (target === undefined || !forAddress || hops >= maxAliases) return { answers }
  const asked = { ...askInstead(request, { name: target.name }), hops: hops + 1 }
  return after(ask(asked), (reply) => {
    const led = messageOf(asked, reply)
    return { answers: answers.toSpliced(place + 1, 0, ...(led?.answers ?? [])), truncated: led?.truncated ?? false }
  })
}

/** The records that these become for a query; a sentence when one is none. */
function makeRecords(templates: Template['answer'], text: TemplateText): readonly MessageRecord[] | string {
  const records: MessageRecord[] = []
  for (const parts of templates) {
    const line = parts.map(text).join('')
    const record = parseRecordText(line)
    if (typeof record === 'string') return `the template made "${line}", which is not a record: ${record}`
    records.push(record)
  }
  return records
}
