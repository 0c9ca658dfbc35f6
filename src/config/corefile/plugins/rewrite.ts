import { recordClass, recordType, type Code } from '../code.ts'
import type { Directive } from '../directive.ts'
import { unknownName } from '../unknown-name.ts'
import type { Value } from '../value.ts'
import { Words } from '../words.ts'
import { readNameMatch, type NameMatch } from './name-match.ts'
import { readNameRewrite, type NameRewrite } from './rewrite-name.ts'

/** Changes queries before the other plugins see them, and answers on their way back. Several are tried in order. */
export interface Rewrite {
  readonly name: 'rewrite'
  /** Whether the rules behind one that fits are tried as well. */
  readonly mode: 'stop' | 'continue'
  readonly rule: RewriteRule
}

type RewriteRule =
  | NameRewrite
  | { readonly kind: 'type'; readonly from: Code; readonly to: Code }
  | { readonly kind: 'class'; readonly from: Code; readonly to: Code }
  /** Seconds: TTLs in answers below `min` are raised to it, those above `max` lowered to it. */
  | { readonly kind: 'ttl'; readonly match: NameMatch; readonly min: number; readonly max: number }

const kinds = ['name', 'type', 'class', 'ttl']
const foreignKinds = new Set(['edns0', 'cname', 'rcode'])
const maxTtl = 2 ** 31 - 1

/** `rewrite [stop|continue] KIND ...`, or the same in braces over several lines. */
export function readRewrite(directive: Directive): Rewrite | undefined {
  const words = rewriteWords(directive)
  const first = words.next?.text.toLowerCase()
  const mode = first === 'continue' ? 'continue' : 'stop'
  if (first === mode) words.take()
  const rule = readRule(words)
  words.end()
  return rule && { name: 'rewrite', mode, rule }
}

/** The words of a rule, wherever its lines end. */
function rewriteWords({ line, problems }: Directive): Words {
  const inBraces = line.block?.flatMap(({ name, words }) => [name, ...words]) ?? []
  const words = new Words({ name: line.name, words: [...line.words, ...inBraces] }, 'rewrite', problems)
  if (line.words.length > 1 && line.block !== undefined) {
    words.complain(line.block[0]?.name, 'a rule stands either in the line or in the braces')
  }
  return words
}

function readRule(words: Words): RewriteRule | undefined {
  const word = words.take()
  const kind = word?.text.toLowerCase() ?? ''
  switch (kind) {
    case 'name':
      return readNameRewrite(words)
    case 'type':
    case 'class':
      return readCodes(kind, words, kind === 'type' ? recordType : recordClass)
    case 'ttl':
      return readTtl(words)
    default:
      words.takeRest()
      if (word === undefined) return words.complain(word, 'expected a rule such as name FROM TO, got nothing')
      if (foreignKinds.has(kind)) return words.complain(word, `rewriting ${kind} is not supported`)
      if (kind === 'answer') return words.complain(word, 'answer stands behind name and what name needs')
      return words.complain(word, unknownName('rule', word, kinds))
  }
}

/** `FROM TO`. */
function readCodes(kind: 'type' | 'class', words: Words, value: Value<Code>): RewriteRule | undefined {
  const [from, to] = [words.read(value), words.read(value)]
  return from === undefined || to === undefined ? undefined : { kind, from, to }
}

const ttlRange: Value<readonly [number, number]> = {
  expected: 'seconds such as 30, 30-300, 30- or -300',
  parse(text) {
    const [, low = '', dash, high = ''] = /^(\d{0,10})(?:(-)(\d{0,10}))?$/.exec(text) ?? []
    if (low === '' && high === '') return undefined
    const min = Number(low)
    const max = dash === undefined ? min : high === '' ? maxTtl : Number(high)
    return min <= max && max < 2 ** 32 ? [min, max] : undefined
  },
}

/** `[exact|prefix|suffix|substring|regex] NAME SECONDS|MIN-MAX`. */
function readTtl(words: Words): RewriteRule | undefined {
  const match = readNameMatch(words, 1)
  if (match === undefined) {
    words.takeRest()
    return undefined
  }
  const [min, max] = words.read(ttlRange) ?? [0, 0]
  return { kind: 'ttl', match, min, max }
}
