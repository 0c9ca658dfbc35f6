import { readNoOptions, wordsOf, type Directive } from '../directive.ts'
import { duration, type Value } from '../value.ts'

/** Looks whether the Corefile has changed. */
export interface Reload {
  readonly name: 'reload'
  /** At least 2 s. */
  readonly intervalMs: number
  /** Each interval is up to half of this shorter or longer; at most half of the interval, 0 for none. */
  readonly jitterMs: number
}

const interval = duration(2000)
const jitter: Value<number> = {
  expected: 'a duration of 1s or more, or 0',
  parse(text) {
    const ms = duration().parse(text)
    return ms === undefined || (ms > 0 && ms < 1000) ? undefined : ms
  },
}

/** `reload [INTERVAL [JITTER]]`. */
export function readReload(directive: Directive): Reload {
  const words = wordsOf(directive)
  const intervalMs = words.readOptional(interval) ?? 30_000
  const jitterMs = Math.min(words.readOptional(jitter) ?? 15_000, intervalMs / 2)
  words.end()
  readNoOptions(directive)
  return { name: 'reload', intervalMs, jitterMs }
}
