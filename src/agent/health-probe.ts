import { errorText } from '../host/error-text.ts'
const intervalMs = 1000

/** How long an answer may take; CoreDNS' figure. */
const timeoutMs = 3000

/** A local request that takes so long says that the machine, or we, have too much to do. */
const slowMs = 1000

/** What a request to our own /health said; absent `error`: it was answered. */
export interface HealthReport {
  readonly milliseconds: number
  readonly error?: string
}

/** Asks our own /health each second, as a kubelet would: it shows when the process has no time to answer. */
export class HealthProbe {
  readonly #url: string
  readonly #observe: (report: HealthReport) => void
  readonly #warn: (message: string) => void
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(url: string, observe: (report: HealthReport) => void, warn: (message: string) => void) {
    this.#url = url
    this.#observe = observe
    this.#warn = warn
    this.#timer = setInterval(() => void this.#probe(), intervalMs)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  async #probe(): Promise<void> {
    const start = performance.now()
    const error = await this.#ask()
    if (this.#stop.signal.aborted) return
    const milliseconds = performance.now() - start
    this.#observe({ milliseconds, ...(error !== undefined && { error }) })
    if (error !== undefined) this.#warn(`Local health request to ${this.#url} failed: ${error}`)
    else if (milliseconds > slowMs) {
      this.#warn(`Local health request to ${this.#url} took more than 1s: ${Math.round(milliseconds)} ms`)
    }
  }

  /** Returns what went wrong; undefined when it was answered. */
  async #ask(): Promise<string | undefined> {
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)])
      const response = await fetch(this.#url, { signal })
      await response.body?.cancel()
      return undefined
    } catch (error) {
      // fetch() says why in the cause.
      const why = error instanceof Error && error.cause instanceof Error ? error.cause : error
      return errorText(why)
    }
  }
}
