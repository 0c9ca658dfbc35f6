import { LRUCache } from 'lru-cache'
import { CacheEntry } from './cache-entry.ts'
import type { CacheOptions, CacheStoreOptions } from './cache-options.ts'
import type { CacheQuestion } from './cache-question.ts'
import type { Message } from './message.ts'
import { isWithin } from './name.ts'
import { replyKind, type ReplyKind } from './reply-kind.ts'
import { wireAnswer, type WireAnswer } from './wire-answer.ts'

/** What the cache has for a question. */
export interface CacheHit {
  readonly entry: CacheEntry
  readonly store: 'success' | 'denial'
  /** Its time is over. */
  readonly stale: boolean
  /** Seconds, for all its records. */
  readonly ttl: number
}

/** What the client gets of a reply that came now. */
export interface FreshAnswer {
  readonly answer: WireAnswer
  /** Seconds, for all its records. */
  readonly ttl: number
}

/** A reply of what stands behind the cache. */
export interface AskedReply {
  readonly reply: Message
  /** It is for this client alone (`ForwardQuery`). */
  readonly personal: boolean
}

/** What happens, for metrics. */
export type CacheEvent =
  | { readonly kind: 'hit' | 'evicted'; readonly store: 'success' | 'denial' }
  /** A reply that does not answer its question. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'miss' | 'prefetch' | 'served-stale' }

/** Octets that an answer with its key may take on average; what real ones take is a quarter of it. */
const roomPerAnswer = 2048

/** Octets that an entry takes besides its answer and its key. */
const overhead = 400

/** Answers by question, in two stores, so that a flood of names that do not exist drives out none that do. */
export class AnswerCache {
  readonly #options: CacheOptions
  readonly #observe: (event: CacheEvent) => void
  readonly #stores: { readonly success: LRUCache<string, CacheEntry>; readonly denial: LRUCache<string, CacheEntry> }

  constructor(options: CacheOptions, observe: (event: CacheEvent) => void) {
    this.#options = options
    this.#observe = observe
    this.#stores = {
      success: createStore(options.success, () => observe({ kind: 'evicted', store: 'success' })),
      denial: createStore(options.denial, () => observe({ kind: 'evicted', store: 'denial' })),
    }
  }

  /** How many answers there are, those whose time is over included. */
  get sizes(): { readonly success: number; readonly denial: number } {
    return { success: this.#stores.success.size, denial: this.#stores.denial.size }
  }

  /** Whether names like this one are cached at all. */
  covers({ name }: CacheQuestion): boolean {
    return isBelowAny(name, this.#options.zones)
  }

  /**
   * The answer to a question; one whose time is over only where stale ones are served. A denial is newer than an answer
   * with records, which would have taken its place; but a failure gives way to anything.
   */
  lookup({ key }: CacheQuestion, now: number): CacheHit | undefined {
    const success = this.#hit('success', key, now)
    const denial = this.#hit('denial', key, now)
    if (!success || !denial) return success ?? denial
    const giveWay = denial.entry.failure || this.#options.serveStale?.preferPositive === true
    return giveWay || (denial.stale && !success.stale) ? success : denial
  }

  /**
   * Keeps a reply if it may be kept, and says what the client gets. All its records get one TTL, also when it is not kept:
   * the least of them, within the bounds.
   *
   * @param replaced The answer that was asked for anew.
   */
  store(question: CacheQuestion, { reply, personal }: AskedReply, now: number, replaced?: CacheEntry): FreshAnswer {
    const kind = replyKind(question, reply)
    const fresh = { answer: wireAnswer(reply), ttl: this.#ttl(kind, reply) }
    if (kind === 'mismatch') this.#observe({ kind: 'mismatch' })
    const store = kind === 'success' ? 'success' : 'denial'
    if (kind === 'mismatch' || kind === 'other' || personal || fresh.ttl === 0) return fresh
    if (isBelowAny(question.name, this.#options[store].disabled)) return fresh
    // What an upstream server said in its OPT was about that exchange.
    const answer = { ...fresh.answer, options: new Uint8Array() }
    const entry = new CacheEntry(answer, fresh.ttl, now, kind === 'failure')
    if (replaced) entry.inherit(replaced)
    this.#stores[store].set(question.key, entry)
    if (kind === 'success') this.#stores.denial.delete(question.key)
    return fresh
  }

  #hit(store: 'success' | 'denial', key: string, now: number): CacheHit | undefined {
    const entry = this.#stores[store].get(key)
    if (!entry) return undefined
    const remaining = entry.remaining(now)
    if (remaining > 0) return { entry, store, stale: false, ttl: this.#options.keepTtl ? entry.ttl : remaining }
    const { serveStale } = this.#options
    if (serveStale && !entry.failure && remaining > -serveStale.forSeconds)
      return { entry, store, stale: true, ttl: serveStale.ttl }
    this.#stores[store].delete(key)
    return undefined
  }

  #ttl(kind: ReplyKind, reply: Message): number {
    if (kind === 'failure') return this.#options.failureTtl
    const { minTtl, maxTtl } = kind === 'denial' ? this.#options.denial : this.#options.success
    let least = maxTtl
    for (const { ttl } of [...reply.answers, ...reply.authority, ...reply.additional]) {
      // RFC 2181 section 8: what does not fit into 31 bits is 0.
      least = Math.min(least, ttl < 2 ** 31 ? ttl : 0)
    }
    return Math.min(Math.max(least, minTtl), maxTtl)
  }
}

function createStore({ capacity }: CacheStoreOptions, onEvict: () => void): LRUCache<string, CacheEntry> {
  return new LRUCache({
    max: capacity,
    maxSize: capacity * roomPerAnswer,
    sizeCalculation: ({ answer }, key) => answer.wire.length + key.length + overhead,
    dispose: (_entry, _key, reason) => {
      if (reason === 'evict') onEvict()
    },
  })
}

function isBelowAny(name: string, zones: readonly string[]): boolean {
  return zones.some((zone) => isWithin(name, zone))
}
