/** The least time between a failure and the next run, however many requests come. */
const pauseMs = 1000

/** kube-proxy's sync period. */
const maxRetryMs = 30_000

/** Runs `work` at once when asked, never twice at a time, and again after a failure. */
export class SyncLoop {
  readonly #work: () => Promise<void>
  readonly #onError: (error: unknown, retryMs: number) => void
  #requested = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #notBefore = 0
  #failures = 0
  #stopped = false

  constructor(work: () => Promise<void>, onError: (error: unknown, retryMs: number) => void) {
    this.#work = work
    this.#onError = onError
  }

  /** Asks for a run; requests that come while one is under way are answered together by the next. */
  request(): void {
    this.#requested = true
    const waitMs = this.#notBefore - performance.now()
    if (waitMs > 0) this.#runIn(waitMs)
    else if (!this.#stopped) this.#running ??= this.#drain()
  }

  /** Lets the run under way finish, so that no tool is killed half-way; starts no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#requested && !this.#stopped && performance.now() >= this.#notBefore) {
      this.#requested = false
      try {
        await this.#work()
        this.#failures = 0
      } catch (error) {
        const retryMs = Math.min(pauseMs * 2 ** this.#failures++, maxRetryMs)
        this.#notBefore = performance.now() + pauseMs
        this.#onError(error, retryMs)
        this.#runIn(this.#requested ? pauseMs : retryMs)
      }
    }
    this.#running = undefined
  }

  #runIn(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => this.request(), ms)
  }
}
