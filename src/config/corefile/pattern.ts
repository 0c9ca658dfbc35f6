import { checkCaptures, groupsOf } from './regex/captures.ts'
import { checkCost } from './regex/cost.ts'
import { parseRegex } from './regex/parse.ts'
import { RegexError } from './regex/regex.ts'
import { regexSource } from './regex/source.ts'

/** A regular expression that is safe to match against a name. */
export interface Pattern {
  /** As it stands in the Corefile, in RE2's syntax. */
  readonly text: string
  /**
   * The same in JavaScript, with the flag u: `new RegExp(source, 'u')`. At worst it takes some forty milliseconds, and a quarter of a
   * second the first time, for texts of up to 256 characters, which is as long as a name can be; longer ones are not for it.
   */
  readonly source: string
  /** The names of the groups that capture, group 1 first; empty for one without a name. */
  readonly groups: readonly string[]
}

const maxLength = 1000

/** Throws a RegexError that says what is wrong with the expression. */
export function parsePattern(text: string): Pattern {
  if (text.length > maxLength) throw new RegexError(`it has ${text.length} characters, more than ${maxLength}`)
  const regex = parseRegex(text)
  checkCost(regex)
  checkCaptures(regex)
  return { text, source: regexSource(regex), groups: groupsOf(regex) }
}
