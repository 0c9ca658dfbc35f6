import type { Log } from '../host/log.ts'

/** How often the same outage is spoken of. */
const repeatMs = 60_000

/** What the log says while the API server does not answer: a line at once, one a minute, and one when all is well again. */
export class WatchTrouble {
  readonly #log: Log
  /** What is not followed, and why. */
  readonly #failing = new Map<string, string>()
  #since = 0
  #saidAt = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** @param now Milliseconds, as `performance.now()`. */
  failed(resource: string, message: string, now: number): void {
    if (this.#failing.size === 0) this.#since = now
    const isNews = this.#failing.size === 0 || now - this.#saidAt >= repeatMs
    this.#failing.set(resource, message)
    if (!isNews) return
    this.#saidAt = now
    const seconds = Math.round((now - this.#since) / 1000)
    this.#log.warn({ resources: [...this.#failing.keys()].sort(), seconds }, `${message}; what is known stays in force`)
  }

  recovered(resource: string, now: number): void {
    if (!this.#failing.delete(resource) || this.#failing.size > 0) return
    this.#log.info({ seconds: Math.round((now - this.#since) / 1000) }, 'The API server is followed again')
  }
}
