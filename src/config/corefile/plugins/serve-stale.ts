import { duration, oneOf, type Value } from '../value.ts'
import type { Words } from '../words.ts'

/** Gives answers that are too old (RFC 8767). */
export interface ServeStale {
  /** For how long after their time. */
  readonly maxAgeMs: number
  /** `immediate`: the old answer at once, then it asks. `verify`: it asks, and gives the old answer when that fails. */
  readonly refresh: 'immediate' | 'verify'
  /** How long `verify` waits for the upstream; 0 for as long as the upstream itself takes. */
  readonly verifyTimeoutMs: number
  /** Seconds: the TTL of an old answer. */
  readonly ttl: number
  /** For how long it does not ask again after a failure. */
  readonly recheckMs: number
  /** Rather an old positive answer than a denial that is still good. */
  readonly preferPositive: boolean
}

const refresh = oneOf('immediate', 'verify')
const anyCase: Value<ServeStale['refresh']> = { ...refresh, parse: (text) => refresh.parse(text.toLowerCase()) }

const wholeSeconds: Value<number> = {
  expected: 'a duration in whole seconds, such as 30s',
  parse(text) {
    const ms = duration(0, (2 ** 32 - 1) * 1000).parse(text)
    return ms === undefined || ms % 1000 !== 0 ? undefined : ms / 1000
  },
}

/** `[MAX-AGE [immediate [TTL [RECHECK]] | verify [TIMEOUT [TTL [RECHECK]]]]]`. */
export function readServeStale(words: Words): ServeStale {
  const maxAgeMs = words.readOptional(duration()) ?? 3_600_000
  const mode = words.readOptional(anyCase) ?? 'immediate'
  return {
    maxAgeMs,
    refresh: mode,
    verifyTimeoutMs: (mode === 'verify' ? words.readOptional(duration()) : undefined) ?? 0,
    ttl: words.readOptional(wholeSeconds) ?? 0,
    recheckMs: words.readOptional(duration(0, 300_000)) ?? 0,
    preferPositive: false,
  }
}
