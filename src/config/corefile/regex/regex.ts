import type { CharSet } from './char-set.ts'

/** A regular expression as a tree. */
export type Regex =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Regex[] }
  | { readonly kind: 'choice'; readonly items: readonly Regex[] }
  | Repeat
  /** A group that captures; `name` is empty where it has none. */
  | { readonly kind: 'group'; readonly body: Regex; readonly name: string }

export interface Repeat {
  readonly kind: 'repeat'
  readonly body: Regex
  readonly min: number
  /** Infinity where there is none. */
  readonly max: number
  readonly lazy: boolean
}

export type Assertion = 'text start' | 'text end' | 'line start' | 'line end' | 'word boundary' | 'no word boundary'

/** An expression that is not in RE2's syntax, or that we do not take; the message says why. */
export class RegexError extends SyntaxError {}
