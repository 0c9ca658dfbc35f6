import type { ForwardOptions } from './forward-options.ts'
import { healthQuery, isResponse } from './forward-query.ts'
import type { ForwardEnvironment, ForwardTarget } from './forward-target.ts'

/** CoreDNS gives a health check so long. */
const timeoutMs = 1000

/**
 * Whether a server is there. It is only checked after an exchange with it failed, and then until a check succeeds: any
 * DNS response counts.
 */
export class ForwardHealth {
  readonly #target: ForwardTarget
  readonly #options: ForwardOptions
  readonly #environment: ForwardEnvironment
  readonly #query: Uint8Array
  #failed = 0
  #checking = false
  #closed = false
  #cancel = (): void => {}

  constructor(target: ForwardTarget, options: ForwardOptions, environment: ForwardEnvironment) {
    this.#target = target
    this.#options = options
    this.#environment = environment
    this.#query = healthQuery(options.healthCheck.domain, options.healthCheck.recursionDesired)
  }

  /** More checks in a row have failed than the options allow. */
  get down(): boolean {
    return this.#options.maxFails > 0 && this.#failed > this.#options.maxFails
  }

  /** Begins to check, unless that is under way. */
  check(): void {
    if (this.#checking || this.#closed || this.#options.maxFails === 0) return
    this.#checking = true
    void this.#check()
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  async #check(): Promise<void> {
    const transport = this.#options.transport === 'tcp' ? 'tcp' : 'udp'
    const attempt = { transport, readMs: timeoutMs, totalMs: timeoutMs, accepts: isResponse } as const
    try {
      await this.#target.exchange(this.#query, attempt)
      this.#failed = 0
      this.#checking = false
    } catch (error) {
      this.#failed++
      const reason = error instanceof Error ? error.message : String(error)
      this.#environment.observe({ kind: 'health-check-failed', target: this.#target.name, reason })
      if (!this.#closed)
        this.#cancel = this.#environment.after(this.#options.healthCheck.intervalMs, () => void this.#check())
    }
  }
}
