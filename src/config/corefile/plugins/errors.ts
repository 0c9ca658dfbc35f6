import { readOptions, wordsOf, type Directive } from '../directive.ts'
import type { Pattern } from '../pattern.ts'
import { duration, oneOf } from '../value.ts'
import type { Words } from '../words.ts'

/** Logs the errors of queries. */
export interface Errors {
  readonly name: 'errors'
  /** With the stack of what was thrown. */
  readonly stacktrace: boolean
  /** The first that fits an error counts. */
  readonly consolidate: readonly Consolidate[]
}

/** Errors that are logged once in a period, with their number. */
interface Consolidate {
  readonly periodMs: number
  readonly pattern: Pattern
  readonly level: 'debug' | 'info' | 'warning' | 'error'
  /** The first of a period is logged at once. */
  readonly showFirst: boolean
}

const level = oneOf('debug', 'info', 'warning', 'error')

export function readErrors(directive: Directive): Errors {
  const words = wordsOf(directive)
  words.readOptional(oneOf('stdout'))
  words.end()
  const defaults: Errors = { name: 'errors', stacktrace: false, consolidate: [] }
  return readOptions(directive, defaults, {
    stacktrace: () => ({ stacktrace: true }),
    consolidate: (option, { consolidate }) => ({ consolidate: [...consolidate, ...readConsolidate(option)] }),
  })
}

/** `PERIOD REGEX [LEVEL] [show_first]`. */
function readConsolidate(words: Words): readonly Consolidate[] {
  const periodMs = words.read(duration())
  const pattern = words.readPattern()
  const named = words.next?.text === 'show_first' ? undefined : words.readOptional(level)
  const showFirst = words.skip('show_first')
  if (periodMs === undefined || pattern === undefined) return []
  return [{ periodMs, pattern, level: named ?? 'error', showFirst }]
}
