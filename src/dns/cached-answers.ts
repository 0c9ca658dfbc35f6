import { AnswerCache, type AskedReply, type CacheEvent, type CacheHit, type FreshAnswer } from './answer-cache.ts'
import type { CacheOptions } from './cache-options.ts'
import type { CacheQuestion } from './cache-question.ts'
import { replyKind } from './reply-kind.ts'
import type { WireAnswer } from './wire-answer.ts'

/** An answer, and how a client's copy of it differs (`AnswerChanges`). */
export interface CachedAnswer {
  readonly answer: WireAnswer
  readonly ttl: number
  /** AA, which CoreDNS sets on what comes from its cache; else the answer says it. */
  readonly authoritative?: boolean
}

/** Asks what stands behind the cache; undefined when there is no answer. */
export type Ask = () => Promise<AskedReply | undefined>

export interface CacheEnvironment {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly observe: (event: CacheEvent) => void
}

/** Answers from a cache where it can, and keeps it fresh. */
export class CachedAnswers {
  readonly cache: AnswerCache
  readonly #options: CacheOptions
  readonly #environment: CacheEnvironment

  constructor(options: CacheOptions, environment: CacheEnvironment) {
    this.cache = new AnswerCache(options, environment.observe)
    this.#options = options
    this.#environment = environment
  }

  /** What is there comes at once; else it is asked for, and undefined when that gives nothing. */
  answer(question: CacheQuestion, ask: Ask): CachedAnswer | Promise<CachedAnswer | undefined> {
    const { now, observe } = this.#environment
    const hit = this.cache.lookup(question, now())
    if (!hit) {
      observe({ kind: 'miss' })
      return this.#ask(question, ask)
    }
    if (hit.stale) return this.#answerStale(hit, question, ask)
    observe({ kind: 'hit', store: hit.store })
    const { prefetch } = this.#options
    if (prefetch && hit.entry.countHit(now(), prefetch) && this.#refresh(hit, question, ask))
      observe({ kind: 'prefetch' })
    return fromCache(hit)
  }

  #answerStale(hit: CacheHit, question: CacheQuestion, ask: Ask): CachedAnswer | Promise<CachedAnswer> {
    if (this.#options.serveStale?.mode === 'verify' && this.#environment.now() >= hit.entry.refreshAfter)
      return this.#verify(hit, question, ask)
    this.#refresh(hit, question, ask)
    return this.#stale(hit)
  }

  async #verify(hit: CacheHit, question: CacheQuestion, ask: Ask): Promise<CachedAnswer> {
    const asked = this.#askAnew(hit, question, ask)
    const verifyMs = this.#options.serveStale?.verifyMs
    const fresh = verifyMs === undefined ? await asked : await this.#within(verifyMs, asked)
    return fresh ?? this.#stale(hit)
  }

  /** Asks anew while the client has its answer; false when that is under way, or was tried too shortly before. */
  #refresh(hit: CacheHit, question: CacheQuestion, ask: Ask): boolean {
    if (hit.entry.refreshing || this.#environment.now() < hit.entry.refreshAfter) return false
    void this.#askAnew(hit, question, ask)
    return true
  }

  /** The answer that takes the place of an old one; undefined when none came that could. */
  async #askAnew(hit: CacheHit, question: CacheQuestion, ask: Ask): Promise<FreshAnswer | undefined> {
    const { entry } = hit
    entry.refreshing = true
    // Nobody may be waiting for it, so an error has nobody to go to.
    const asked = await ask().catch(() => undefined)
    entry.refreshing = false
    const now = this.#environment.now()
    if (asked && isBetterThanStale(question, asked)) return this.cache.store(question, asked, now, entry)
    entry.refreshAfter = now + (this.#options.serveStale?.recheckSeconds ?? 0) * 1000
    return undefined
  }

  async #ask(question: CacheQuestion, ask: Ask): Promise<CachedAnswer | undefined> {
    const asked = await ask()
    return asked && this.cache.store(question, asked, this.#environment.now())
  }

  #stale(hit: CacheHit): CachedAnswer {
    this.#environment.observe({ kind: 'served-stale' })
    return fromCache(hit)
  }

  async #within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
    const { promise: timeout, resolve } = Promise.withResolvers<undefined>()
    const cancel = this.#environment.after(milliseconds, () => resolve(undefined))
    return Promise.race([promise, timeout]).finally(cancel)
  }
}

/** Neither a failure nor half an answer is a reason to forget what is known. */
function isBetterThanStale(question: CacheQuestion, { reply }: AskedReply): boolean {
  return !reply.truncated && replyKind(question, reply) !== 'mismatch' && (reply.rcode === 0 || reply.rcode === 3)
}

function fromCache(hit: CacheHit): CachedAnswer {
  return { answer: hit.entry.answer, ttl: hit.ttl, authoritative: true }
}
