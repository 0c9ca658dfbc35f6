import { nearestName } from '../nearest-name.ts'
import { quoted, type Token } from './token.ts'

/** No name that we know is longer, and comparing long ones takes long. */
const maxLength = 40

/** `unknown option "max_fail"; did you mean max_fails?`. */
export function unknownName(what: string, token: Token, known: readonly string[]): string {
  const nearest = token.text.length > maxLength ? undefined : nearestName(token.text, known)
  const expected = known.length === 1 ? `expected ${known[0]}` : `expected one of ${known.join(', ')}`
  const hint = nearest === undefined ? expected : `did you mean ${nearest}?`
  return `unknown ${what} ${quoted(token)}; ${hint}`
}
