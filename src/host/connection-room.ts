/** A connection that can be ended at once. */
export interface Evictable {
  destroy(): void
}

/** Connections at one time; an idle one takes 5 kB here. */
export const usualConnections = 20_000

/** Octets of unread queries and unsent answers that connections may hold together while their clients do not read. */
const maxHeld = 64 * 1024 * 1024

/**
 * The room that TCP connections share. When there is no more, those that have been quiet longest, or have held their answers
 * longest, give way: refusing new ones would let idle clients lock out the rest.
 */
export class ConnectionRoom {
  readonly #max: number
  /** In the order of their last query: a set keeps the order of insertion. */
  readonly #connections = new Set<Evictable>()
  /** What each holds, in the order in which they began to. */
  readonly #holding = new Map<Evictable, number>()
  #held = 0
  #evicted = 0

  constructor(max = usualConnections) {
    this.#max = max
  }

  get size(): number {
    return this.#connections.size
  }

  /** How many have been closed for others. */
  get evicted(): number {
    return this.#evicted
  }

  enter(connection: Evictable): void {
    const [quietest] = this.#connections
    if (quietest && this.#connections.size >= this.#max) this.#evict(quietest)
    this.#connections.add(connection)
  }

  /** The connection has asked something. */
  touch(connection: Evictable): void {
    if (this.#connections.delete(connection)) this.#connections.add(connection)
  }

  leave(connection: Evictable): void {
    this.#connections.delete(connection)
    this.release(connection)
  }

  /** The connection holds so many octets until its client reads. */
  hold(connection: Evictable, octets: number): void {
    this.#held += octets - (this.#holding.get(connection) ?? 0)
    this.#holding.set(connection, octets)
    while (this.#held > maxHeld) {
      const [longest] = this.#holding.keys()
      if (longest === undefined) return
      this.#evict(longest)
    }
  }

  release(connection: Evictable): void {
    this.#held -= this.#holding.get(connection) ?? 0
    this.#holding.delete(connection)
  }

  #evict(connection: Evictable): void {
    this.leave(connection)
    this.#evicted++
    connection.destroy()
  }
}
