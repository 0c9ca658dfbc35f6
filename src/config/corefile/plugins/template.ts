import { optional } from '../../../model/optional.ts'
import { recordClass, recordType, responseCode, type Code } from '../code.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { parsePattern, type Pattern } from '../pattern.ts'
import { parseTemplate, type TemplatePart } from '../template-text.ts'
import { quoted } from '../token.ts'
import { integer, word } from '../value.ts'
import type { Words } from '../words.ts'

/** Answers with records made from the question. Of several in a block the first that fits counts. */
export interface Template {
  readonly name: 'template'
  /** ANY for every class, and every type. */
  readonly class: Code
  readonly type: Code
  readonly zones: readonly string[]
  /** For names that one of these matches; the first that does fills the records. */
  readonly match: readonly Pattern[]
  /** Records in the form of a zone file. */
  readonly answer: readonly TemplateRecord[]
  readonly authority: readonly TemplateRecord[]
  readonly additional: readonly TemplateRecord[]
  readonly rcode: Code
  /** RFC 8914. */
  readonly extendedError?: { readonly code: number; readonly reason: string }
  /** Zones where a name that nothing matches goes on to the next template or plugin; `.` is all, empty none. */
  readonly fallthrough: readonly string[]
}

type TemplateRecord = readonly TemplatePart[]

/** `template CLASS TYPE [ZONE...]`. */
export function readTemplate(directive: Directive): Template {
  const { line } = directive
  // Records are checked against the groups of the expressions, which may stand behind them.
  const block = line.block?.toSorted((a, b) => Number(b.name.text === 'match') - Number(a.name.text === 'match')) ?? []
  const expressions = block.flatMap(({ name, words }) => (name.text === 'match' ? words : [])).length
  const template = readOptions({ ...directive, line: { ...line, block } }, defaults(directive), {
    match: (words, { match }) => ({ match: [...match, ...words.readPatterns()] }),
    answer: (words, { answer, match }) => ({ answer: [...answer, ...readRecords(words, match, expressions)] }),
    authority: (words, { authority, match }) => ({
      authority: [...authority, ...readRecords(words, match, expressions)],
    }),
    additional: (words, { additional, match }) => ({
      additional: [...additional, ...readRecords(words, match, expressions)],
    }),
    rcode: (words) => optional('rcode', words.read(responseCode)),
    ederror: (words) => optional('extendedError', readExtendedError(words)),
    fallthrough: (words) => ({ fallthrough: words.next === undefined ? ['.'] : words.readZones() }),
    // It once said who follows a CNAME; CoreDNS takes it and does nothing with it.
    upstream(words) {
      words.takeRest()
      return {}
    },
  })
  return template.match.length > 0 ? template : { ...template, match: [parsePattern('.*')] }
}

function defaults(directive: Directive): Template {
  const words = wordsOf(directive)
  const any = { name: 'ANY', number: 255 }
  return {
    name: 'template',
    class: words.read(recordClass) ?? any,
    type: words.read(recordType) ?? any,
    zones: zonesOf(directive, words),
    match: [],
    answer: [],
    authority: [],
    additional: [],
    rcode: { name: 'NOERROR', number: 0 },
    fallthrough: [],
  }
}

/** Each word is a record. */
function readRecords(words: Words, match: readonly Pattern[], expressions: number): readonly TemplateRecord[] {
  if (words.next === undefined) words.complain(undefined, 'expected a record, got nothing')
  return words.takeRest().map((token) => {
    const parts = parseTemplate(token.text)
    if (typeof parts === 'string') {
      words.complain(token, `${parts}, got ${quoted(token)}`)
      return []
    }
    // An expression that cannot be read is told of already.
    if (match.length < expressions) return parts
    const missing = parts.find((part) => part.kind === 'group' && !hasGroup(part.group, match))
    if (missing?.kind === 'group') {
      words.complain(token, `no expression behind match has a group ${missing.group}, got ${quoted(token)}`)
    }
    return parts
  })
}

function hasGroup(group: string, match: readonly Pattern[]): boolean {
  return group === '0' || match.some(({ groups }) => groups.includes(group) || Number(group) <= groups.length)
}

/** `CODE [REASON]`. */
function readExtendedError(words: Words): Template['extendedError'] {
  const code = words.read(integer(0, 65_535))
  const reason = words.readOptional(word('a reason'))
  return code === undefined ? undefined : { code, reason: reason ?? '' }
}
