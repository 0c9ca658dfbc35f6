/** The least time between a failure and the next run, however many requests come. */
const pauseMs = 1000

export interface SyncPeriods {
  /** The least time from the end of one run to the start of the next; absent: none. */
  readonly minMs?: number
  /** The longest time from a failure to the next run; absent: kube-proxy's 30 seconds. */
  readonly maxRetryMs?: number
}

/** Runs `work` at once when asked, never twice at a time, and again after a failure. */
export class SyncLoop {
  readonly #work: () => Promise<void>
  readonly #onError: (error: unknown, retryMs: number) => void
  readonly #minMs: number
  readonly #maxRetryMs: number
  #requested = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #notBefore = 0
  #failures = 0
  #stopped = false

  constructor(
    work: () => Promise<void>,
    onError: (error: unknown, retryMs: number) => void,
    { minMs = 0, maxRetryMs = 30_000 }: SyncPeriods = {},
  ) {
    this.#work = work
    this.#onError = onError
    this.#minMs = minMs
    this.#maxRetryMs = maxRetryMs
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
      const retryMs = await this.#run()
      this.#notBefore = performance.now() + (retryMs === undefined ? this.#minMs : Math.max(this.#minMs, pauseMs))
      if (retryMs !== undefined) this.#runIn(retryMs)
    }
    this.#running = undefined
    // A request is not kept waiting for as long as a retry.
    if (this.#requested) this.#runIn(this.#notBefore - performance.now())
  }

  /** Returns after how long to try again; undefined when the run succeeded. */
  async #run(): Promise<number | undefined> {
    try {
      await this.#work()
      this.#failures = 0
      return undefined
    } catch (error) {
      const retryMs = Math.min(pauseMs * 2 ** this.#failures++, this.#maxRetryMs)
      this.#onError(error, retryMs)
      return retryMs
    }
  }

  #runIn(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => this.request(), ms)
  }
}
