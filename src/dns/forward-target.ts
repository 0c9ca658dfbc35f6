/** A server that queries are forwarded to, as whoever owns the sockets hands it in. */
export interface ForwardTarget {
  /** `192.0.2.8:53`, for messages and metrics. */
  readonly name: string
  /**
   * Asks under an identifier of its own choice, and resolves with the first reply that has it and is accepted; rejects
   * with a sentence when none comes in time.
   */
  exchange(query: Uint8Array, attempt: ForwardAttempt): Promise<Uint8Array>
}

export interface ForwardAttempt {
  readonly transport: 'udp' | 'tcp'
  /** How long the reply may take, once connected. */
  readonly readMs: number
  /** How long the whole may take. */
  readonly totalMs: number
  readonly accepts: (reply: Uint8Array) => boolean
}

/** What the forwarder needs of the world. */
export interface ForwardEnvironment {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** A whole number from 0 to `limit` - 1 that nobody can foresee. */
  readonly random: (limit: number) => number
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Told what happens, for metrics and logs. */
  readonly observe: (event: ForwardEvent) => void
}

export type ForwardEvent =
  /** One exchange with a server; the rcode is absent when it failed, and the reason then says why. */
  | {
      readonly kind: 'exchange'
      readonly target: string
      readonly milliseconds: number
      readonly rcode?: number
      readonly reason?: string
    }
  | { readonly kind: 'health-check-failed'; readonly target: string; readonly reason: string }
  /** A query that came while all servers were down. */
  | { readonly kind: 'all-down' }
  /** A query that was refused because too many were under way. */
  | { readonly kind: 'refused' }
