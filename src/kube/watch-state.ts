import type { Ask } from './ask.ts'
import { backoffMilliseconds } from './backoff.ts'

/** How the answer to one request ended. */
export type Ending =
  /** The server said all there was to say. */
  | { readonly kind: 'closed' }
  /** We ended it. */
  | { readonly kind: 'interrupted' }
  /** Nothing came for too long, not even a bookmark. */
  | { readonly kind: 'silent' }
  /** 410: what was asked for is no longer kept. */
  | { readonly kind: 'expired' }
  /** The server has no streamed lists. */
  | { readonly kind: 'unsupported' }
  /** The server has no such objects, or shows us none. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly message: string; readonly retryAfterSeconds?: number }

/** The longest that a server may ask us to stay away. */
const longestRetrySeconds = 120

/** What to ask next, given what came: a list, streamed or else in pages, then watches from where the last one ended. */
export class WatchState {
  /** Where to watch from; absent until a list is complete. */
  #version: string | undefined
  #paged = false
  #continueToken: string | undefined
  /** Without a word of a watch between them. */
  #failures = 0
  /** The request in hand brought something to go on from. */
  #answered = false

  next(): Ask {
    this.#answered = false
    if (this.#version !== undefined) return { kind: 'watch', resourceVersion: this.#version }
    if (!this.#paged) return { kind: 'stream' }
    return this.#continueToken === undefined ? { kind: 'page' } : { kind: 'page', continueToken: this.#continueToken }
  }

  /** A list is complete as of this version. */
  synced(resourceVersion: string): void {
    this.#version = resourceVersion
    this.#paged = false
    this.#continueToken = undefined
    this.#answered = true
  }

  /** A page came, and this token for the next. */
  continued(token: string): void {
    this.#continueToken = token
    this.#answered = true
  }

  /** An event or bookmark came. Those of a list that streams come in the order of names: no watch can start from them. */
  advanced(resourceVersion: string): void {
    if (this.#version === undefined) return
    this.#version = resourceVersion
    this.#answered = true
    this.#failures = 0
  }

  /** Begins with a new list. */
  relist(): void {
    this.#version = undefined
    this.#paged = false
    this.#continueToken = undefined
  }

  /** How many milliseconds to wait before the next request. `random` is from 0 to below 1. */
  ended(ending: Ending, random: number): number {
    switch (ending.kind) {
      case 'interrupted':
        return 0
      case 'unsupported':
        this.#paged = true
        return 0
      case 'closed':
        return this.#answered ? 0 : this.#failed(random)
      case 'silent':
        // A version from the server's future, as after a restored backup, is waited for and never refused.
        this.relist()
        return this.#failed(random)
      case 'absent':
        this.relist()
        return backoffMilliseconds(Infinity, random)
      case 'expired':
        this.relist()
        // Once is how a watch grows old; again, without a word between, is a server that cannot keep up.
        return this.#failed(random, 0)
      case 'failed':
        return Math.max(this.#failed(random), 1000 * Math.min(ending.retryAfterSeconds ?? 0, longestRetrySeconds))
    }
  }

  #failed(random: number, first = backoffMilliseconds(1, random)): number {
    this.#failures++
    return this.#failures === 1 ? first : backoffMilliseconds(this.#failures, random)
  }
}
