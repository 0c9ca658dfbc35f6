import type { PrefetchOptions } from './cache-options.ts'
import type { WireAnswer } from './wire-answer.ts'

/** An answer that is kept. Times are milliseconds on the caller's clock. */
export class CacheEntry {
  readonly answer: WireAnswer
  /** Seconds that it may be kept, from `storedAt` on. */
  readonly ttl: number
  readonly storedAt: number
  /** SERVFAIL or NOTIMP, which gives way to anything better. */
  readonly failure: boolean
  /** It is being asked anew. */
  refreshing = false
  /** When it may be asked anew, after that has failed. */
  refreshAfter = Number.NEGATIVE_INFINITY
  #hits = 0
  #lastHit = 0

  constructor(answer: WireAnswer, ttl: number, storedAt: number, failure: boolean) {
    this.answer = answer
    this.ttl = ttl
    this.storedAt = storedAt
    this.failure = failure
  }

  /** Takes over how much the answer that it replaces was asked for. */
  inherit(replaced: CacheEntry): void {
    this.#hits = replaced.#hits
    this.#lastHit = replaced.#lastHit
  }

  /** Whole seconds that remain; 0 or less when its time is over. */
  remaining(now: number): number {
    return this.ttl - Math.floor((now - this.storedAt) / 1000)
  }

  /** Counts a hit, and says whether it is asked for so much, and ends so soon, that it should be asked anew. */
  countHit(now: number, { hits, withinSeconds, percent }: PrefetchOptions): boolean {
    this.#hits = now - this.#lastHit > withinSeconds * 1000 ? 1 : this.#hits + 1
    this.#lastHit = now
    return this.#hits >= hits && this.remaining(now) <= Math.ceil((this.ttl * percent) / 100)
  }
}
