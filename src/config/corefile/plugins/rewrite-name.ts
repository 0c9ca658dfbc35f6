import type { Pattern } from '../pattern.ts'
import { parseRewriteText, type RewritePart } from '../rewrite-text.ts'
import { quoted } from '../token.ts'
import type { Words } from '../words.ts'
import { parseZone } from '../zone.ts'
import { readNameMatch, type NameMatch } from './name-match.ts'

/** Asks for another name. */
export interface NameRewrite {
  readonly kind: 'name'
  readonly match: NameMatch
  /** What stands in place of the part that matched; of the whole name for exact and regex. */
  readonly to: readonly RewritePart[]
  /** Puts the name of the query back in place of the other one wherever it stands in the answer. Always with exact. */
  readonly auto: boolean
  /** What is changed in the records of the answer besides. */
  readonly answers: readonly AnswerRewrite[]
}

/** Changes the owner names of records, or the names in their data. */
interface AnswerRewrite {
  readonly part: 'name' | 'value'
  readonly from: Pattern
  readonly to: readonly RewritePart[]
}

/** `[KIND] FROM TO [answer auto | [answer] name FROM TO | [answer] value FROM TO]...`. */
export function readNameRewrite(words: Words): NameRewrite | undefined {
  const match = readNameMatch(words, 1)
  if (match === undefined) {
    words.takeRest()
    return undefined
  }
  const to =
    match.kind === 'exact' ? readName(words) : readTo(words, match.kind === 'regex' ? match.pattern : undefined)
  const { auto, answers } = readAnswers(words)
  return to && { kind: 'name', match, to, auto: auto || match.kind === 'exact', answers }
}

function readAnswers(words: Words): Pick<NameRewrite, 'auto' | 'answers'> {
  const answers: AnswerRewrite[] = []
  let auto = false
  for (let first = true; words.next !== undefined; first = false) {
    const token = words.next
    // The word may be left out behind the first.
    if (!words.skip('answer') && first) return { auto, answers: failed(words) }
    if (words.skip('auto')) auto = true
    else answers.push(...readAnswer(words))
    if (auto && answers.some(({ part }) => part === 'name')) {
      words.complain(token, 'answer auto and answer name cannot stand together')
      return { auto, answers: [] }
    }
  }
  return { auto, answers }
}

/** `name FROM TO`, `value FROM TO`. */
function readAnswer(words: Words): readonly AnswerRewrite[] {
  const word = words.take()
  if (word?.text !== 'name' && word?.text !== 'value') {
    words.takeRest()
    words.complain(word, `behind answer expected auto, name or value, got ${quoted(word)}`)
    return []
  }
  if (word.text === 'name' && words.next?.text === 'auto') {
    words.complain(words.take(), 'write answer auto, or answer name with FROM and TO')
    return []
  }
  const from = words.readPattern()
  if (from === undefined) {
    words.take()
    return []
  }
  const to = readTo(words, from)
  return to === undefined ? [] : [{ part: word.text, from, to }]
}

function readName(words: Words): readonly RewritePart[] | undefined {
  const name = words.read({ expected: 'a name', parse: parseZone })
  return name === undefined ? undefined : [{ kind: 'text', text: name }]
}

function readTo(words: Words, pattern: Pattern | undefined): readonly RewritePart[] | undefined {
  const groups = pattern?.groups.length ?? 0
  const numbers = groups > 0 ? ` (the groups are {1}${groups > 1 ? ` to {${groups}}` : ''})` : ''
  return words.read({
    expected: `what to write in its place${numbers}`,
    parse: (text) => parseRewriteText(text, groups),
  })
}

function failed(words: Words): readonly AnswerRewrite[] {
  const [word] = words.takeRest()
  words.complain(word, `expected answer, got ${quoted(word)}`)
  return []
}
