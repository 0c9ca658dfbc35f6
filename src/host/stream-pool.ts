import type { UpstreamStream } from './upstream-stream.ts'

export interface StreamPoolOptions {
  /** How long a connection may be idle, in milliseconds; CoreDNS' `expire`, 10 s there. */
  readonly expireMs: number
  /** How old one may get; absent: no limit. */
  readonly maxAgeMs?: number
  /** How many may be idle at a time. */
  readonly maxIdle: number
}

/** The idle connections to one server. */
export class StreamPool {
  readonly #options: StreamPoolOptions
  /** In the order in which they became idle, each with the timer that ends it. */
  readonly #idle = new Map<UpstreamStream, NodeJS.Timeout>()
  #closed = false

  constructor(options: StreamPoolOptions) {
    this.#options = options
  }

  /** The connection that has been idle longest, if there is one; it is the caller's now. */
  take(): UpstreamStream | undefined {
    for (const stream of this.#idle.keys()) {
      this.#remove(stream)
      if (!stream.closed && !this.#isOld(stream)) return stream
      stream.close()
    }
    return undefined
  }

  keep(stream: UpstreamStream): void {
    if (this.#closed || stream.closed || this.#isOld(stream) || this.#idle.size >= this.#options.maxIdle) {
      stream.close()
      return
    }
    stream.rest()
    const timer = setTimeout(() => this.#expire(stream), this.#options.expireMs).unref()
    this.#idle.set(stream, timer)
  }

  close(): void {
    this.#closed = true
    for (const stream of this.#idle.keys()) this.#expire(stream)
  }

  #expire(stream: UpstreamStream): void {
    this.#remove(stream)
    stream.close()
  }

  #remove(stream: UpstreamStream): void {
    clearTimeout(this.#idle.get(stream))
    this.#idle.delete(stream)
  }

  #isOld(stream: UpstreamStream): boolean {
    return performance.now() - stream.born > (this.#options.maxAgeMs ?? Number.POSITIVE_INFINITY)
  }
}
