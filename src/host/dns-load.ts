import { ConnectionRoom } from './connection-room.ts'

/** Queries that may wait for their answers at one time: at 20 ms each, 100,000 in a second; a flood to a silent upstream holds no more. */
const maxWaiting = 2000

/** What the DNS sockets of one thread share: how much they may hold together, and what came of it. */
export class DnsLoad {
  readonly connections: ConnectionRoom
  #waiting = 0
  #dropped = 0

  /** @param maxConnections Absent: as many as {@link ConnectionRoom} allows. */
  constructor(maxConnections?: number) {
    this.connections = new ConnectionRoom(maxConnections)
  }

  /** Queries whose answers are promised. */
  get waiting(): number {
    return this.#waiting
  }

  /** Queries that got no answer because too many waited. */
  get dropped(): number {
    return this.#dropped
  }

  get crowded(): boolean {
    return this.#waiting >= maxWaiting
  }

  /** Calls back with what was promised, unless too many wait already; the promise must not reject. */
  wait<Value>(promise: Promise<Value>, then: (value: Value) => void): boolean {
    if (this.crowded) {
      this.#dropped++
      return false
    }
    this.#waiting++
    void promise.then((value) => {
      this.#waiting--
      then(value)
    })
    return true
  }
}
