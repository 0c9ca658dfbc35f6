import type { Log } from '../host/log.ts'

/** How often the same outage is spoken of. */
const repeatMs = 60_000

/** How many reasons are told apart in that time. */
const maxReasons = 5

/**
 * What the log says while the API server does not answer: a line at once and for each new reason, one a minute, and one when
 * all is well again. A server that was away and then knows our token no more is two reasons.
 */
export class WatchTrouble {
  readonly #log: Log
  /** What is not followed. */
  readonly #failing = new Set<string>()
  /** Reasons that were spoken of since {@link #saidAt}. */
  readonly #said = new Set<string>()
  #since = 0
  #saidAt = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** @param now Milliseconds, as `performance.now()`. */
  failed(
    resource: string,
    { message, reason }: { readonly message: string; readonly reason: string },
    now: number,
  ): void {
    if (this.#failing.size === 0) this.#since = now
    this.#failing.add(resource)
    if (now - this.#saidAt >= repeatMs) this.#said.clear()
    if (this.#said.has(reason) || this.#said.size === maxReasons) return
    if (this.#said.size === 0) this.#saidAt = now
    this.#said.add(reason)
    const seconds = Math.round((now - this.#since) / 1000)
    this.#log.warn({ resources: [...this.#failing].sort(), seconds }, `${message}; what is known stays in force`)
  }

  recovered(resource: string, now: number): void {
    if (!this.#failing.delete(resource) || this.#failing.size > 0) return
    this.#said.clear()
    this.#log.info({ seconds: Math.round((now - this.#since) / 1000) }, 'The API server is followed again')
  }
}
