import { readNoOptions, wordsOf, type Directive } from '../directive.ts'
import { integer } from '../value.ts'

/** Lowers the size of UDP answers that clients say they take. */
export interface Bufsize {
  readonly name: 'bufsize'
  /** Octets, 512 to 4096. */
  readonly size: number
}

export function readBufsize(directive: Directive): Bufsize {
  const words = wordsOf(directive)
  // DNS flag day 2020: what passes without fragments.
  const size = words.readOptional(integer(512, 4096)) ?? 1232
  words.end()
  readNoOptions(directive)
  return { name: 'bufsize', size }
}
