import { optional } from '../../../model/optional.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { lineOf } from '../line.ts'
import { quoted } from '../token.ts'
import { duration, integer, oneOf, seconds, type Value } from '../value.ts'
import type { Words } from '../words.ts'
import { readServeStale, type ServeStale } from './serve-stale.ts'

/** Keeps answers. */
export interface Cache {
  readonly name: 'cache'
  /** Names elsewhere are not kept. */
  readonly zones: readonly string[]
  readonly success: CacheStore
  readonly denial: CacheStore
  /** How long SERVFAIL is kept; 0 for not at all. Five minutes at most (RFC 2308 section 7.1). */
  readonly servfailMs: number
  readonly prefetch: Prefetch
  /** Absent: an answer that is too old is not given. */
  readonly serveStale?: ServeStale
  /** The TTL of an answer stays as it came, in place of counting down. */
  readonly keepTtl: boolean
}

/** Of positive answers, or of denials. */
export interface CacheStore {
  /** How many answers it holds. */
  readonly capacity: number
  /** Seconds: an answer is kept for its own TTL, but no longer than `ttl` and no shorter than `minTtl`. */
  readonly ttl: number
  readonly minTtl: number
  /** Zones whose answers are not kept; `.` is all. */
  readonly disabledZones: readonly string[]
}

/** Asks again, before it is too old, for what was asked `amount` times with no gap longer than `gapMs`. */
interface Prefetch {
  /** 0 for never. */
  readonly amount: number
  readonly gapMs: number
  /** What is left of the TTL when it asks, in percent. */
  readonly percentage: number
}

const percentage: Value<number> = {
  expected: 'a percentage from 10% to 90%',
  parse: (text) => (text.endsWith('%') ? integer(10, 90).parse(text.slice(0, -1)) : undefined),
}

/** `cache [TTL] [ZONE...]`. */
export function readCache(directive: Directive): Cache {
  const words = wordsOf(directive)
  const ttl = readTtl(words)
  const cache = readOptions(directive, defaults(zonesOf(directive, words), ttl), {
    success: (option, { success }) => ({ success: { ...success, ...readStore(option) } }),
    denial: (option, { denial }) => ({ denial: { ...denial, ...readStore(option) } }),
    servfail: (option) => optional('servfailMs', option.read(duration(0, 300_000))),
    prefetch: (option) => ({ prefetch: readPrefetch(option) }),
    serve_stale: (option) => ({ serveStale: readServeStale(option) }),
    serve_stale_policy(option) {
      option.read(oneOf('prefer_positive'))
      return {}
    },
    disable: readDisable,
    keepttl: () => ({ keepTtl: true }),
  })
  const policy = lineOf(directive.line, 'serve_stale_policy')
  if (policy === undefined) return cache
  if (cache.serveStale !== undefined) return { ...cache, serveStale: { ...cache.serveStale, preferPositive: true } }
  directive.problems.add(policy.name, 'cache: serve_stale_policy needs serve_stale')
  return cache
}

function defaults(zones: readonly string[], ttl: number | undefined): Cache {
  const store = { capacity: 10_000, minTtl: 5, disabledZones: [] }
  return {
    name: 'cache',
    zones,
    success: { ...store, ttl: ttl ?? 3600 },
    denial: { ...store, ttl: ttl ?? 1800 },
    servfailMs: 5000,
    prefetch: { amount: 0, gapMs: 60_000, percentage: 10 },
    keepTtl: false,
  }
}

/** The first word is the TTL if it is a number. */
function readTtl(words: Words): number | undefined {
  const { next } = words
  if (next !== undefined && /^\d+[a-z]+$/.test(next.text)) {
    return words.complain(words.take(), `a TTL is a number of seconds, got ${quoted(next)}`)
  }
  return next !== undefined && /^[+-]?\d+$/.test(next.text) ? words.read(seconds(1)) : undefined
}

/** `CAPACITY [TTL [MINTTL]]`. */
function readStore(words: Words): Partial<CacheStore> {
  return {
    ...optional('capacity', words.read(integer(0, 2 ** 31 - 1))),
    ...optional('ttl', words.readOptional(seconds(1))),
    ...optional('minTtl', words.readOptional(seconds(0))),
  }
}

/** `AMOUNT [GAP [PERCENTAGE%]]`. */
function readPrefetch(words: Words): Prefetch {
  return {
    amount: words.read(integer(0, 2 ** 31 - 1)) ?? 0,
    gapMs: words.readOptional(duration()) ?? 60_000,
    percentage: words.readOptional(percentage) ?? 10,
  }
}

/** `success|denial [ZONE...]`. */
function readDisable(words: Words, { success, denial }: Cache): Partial<Cache> {
  const kind = words.read(oneOf('success', 'denial'))
  const disabledZones = words.next === undefined ? ['.'] : words.readZones()
  return kind === 'denial' ? { denial: { ...denial, disabledZones } } : { success: { ...success, disabledZones } }
}
