import { readNoOptions, wordsOf, type Directive } from '../directive.ts'

/** Finds out whether a query that is forwarded comes back. */
export interface Loop {
  readonly name: 'loop'
  /** The zone of the name that is asked for. */
  readonly zone: string
}

export function readLoop(directive: Directive): Loop {
  wordsOf(directive).end()
  readNoOptions(directive)
  return { name: 'loop', zone: directive.zones[0] ?? '.' }
}
