/** Runs `work` at once when asked, never twice at a time, and again after a failure. */
export class SyncLoop {
  readonly #work: (queuedAt: number) => Promise<void>
  readonly #onError: (error: unknown, retryMs: number) => void
  #queuedAt: number | undefined
  #running: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #failures = 0
  #stopped = false

  /** `work` gets the time, as `performance.now()`, of the oldest request that it answers. */
  constructor(work: (queuedAt: number) => Promise<void>, onError: (error: unknown, retryMs: number) => void) {
    this.#work = work
    this.#onError = onError
  }

  /** Asks for a run; requests that come while one is under way are answered together by the next. */
  request(): void {
    this.#queuedAt ??= performance.now()
    if (!this.#stopped) this.#running ??= this.#drain()
  }

  /** Lets the run under way finish, so that no tool is killed half-way; starts no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    await this.#running
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#retry)
    while (this.#queuedAt !== undefined && !this.#stopped) {
      const queuedAt = this.#queuedAt
      this.#queuedAt = undefined
      try {
        await this.#work(queuedAt)
        this.#failures = 0
      } catch (error) {
        this.#retryLater(error)
      }
    }
    this.#running = undefined
  }

  #retryLater(error: unknown): void {
    // 1 s doubling to kube-proxy's sync period of 30 s.
    const retryMs = Math.min(1000 * 2 ** this.#failures++, 30_000)
    this.#onError(error, retryMs)
    this.#retry = setTimeout(() => this.request(), retryMs)
  }
}
