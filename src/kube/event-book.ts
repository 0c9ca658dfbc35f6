import { eventBody, eventName, eventsPath, seriesBody, type EventSource, type Happening } from './event.ts'
import { EventBudget } from './event-budget.ts'

/** What is to be sent to the API server. */
export interface EventRequest {
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly body: object
  /** To be sent where the server has the Event no longer: it keeps them for an hour. */
  readonly otherwise?: EventRequest
}

/** What happens again within this time is counted in the same Event. client-go's figure. */
const seriesMs = 6 * 60_000

/** How often the count of an Event that goes on is told. client-go's figure. */
const refreshMs = 30 * 60_000

/** So many Events are remembered; of more the oldest are begun anew. */
const remembered = 256

interface Entry {
  readonly happening: Happening
  readonly name: string
  readonly at: number
  count: number
  lastAt: number
  /** What of this the server knows, and since when. */
  toldCount: number
  toldAt: number
}

/**
 * Decides what to send of what happens: a new Event for something new, a count for what happens again, nothing once too
 * much happens to one object. It has no clock: every call says the time, in milliseconds since 1970.
 */
export class EventBook {
  readonly #source: EventSource
  readonly #budget = new EventBudget()
  readonly #entries = new Map<string, Entry>()
  #number = 0n

  constructor(source: EventSource) {
    this.#source = source
  }

  take(happening: Happening, now: number): EventRequest | undefined {
    const key = JSON.stringify(happening)
    const entry = this.#entries.get(key)
    if (entry !== undefined && now - entry.lastAt <= seriesMs) {
      entry.count++
      entry.lastAt = now
      // From now on it is a series, which the server is told of from time to time.
      return entry.toldCount === 1 ? this.#patch(entry, now) : undefined
    }
    if (!this.#budget.spend(JSON.stringify(happening.regarding), now)) return undefined
    return this.#begin(key, happening, now)
  }

  /** Counts that are to be told by now. To be asked for every minute or so. */
  due(now: number): readonly EventRequest[] {
    const requests: EventRequest[] = []
    for (const [key, entry] of this.#entries) {
      const ended = now - entry.lastAt > seriesMs
      if (entry.count > entry.toldCount && (ended || now - entry.toldAt >= refreshMs)) {
        requests.push(this.#patch(entry, now))
      }
      if (ended) this.#entries.delete(key)
    }
    return requests
  }

  #begin(key: string, happening: Happening, now: number): EventRequest {
    const name = eventName(happening.regarding, BigInt(Math.trunc(now)) * 1_000_000n + (this.#number++ % 1_000_000n))
    this.#entries.delete(key)
    this.#entries.set(key, { happening, name, at: now, count: 1, lastAt: now, toldCount: 1, toldAt: now })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > remembered && oldest !== undefined) this.#entries.delete(oldest)
    const body = eventBody(happening, this.#source, name, now)
    return { method: 'POST', path: eventsPath(happening.regarding), body }
  }

  #patch(entry: Entry, now: number): EventRequest {
    entry.toldCount = entry.count
    entry.toldAt = now
    const { happening, name, at, count, lastAt } = entry
    const path = eventsPath(happening.regarding)
    const series = { count, lastAt }
    return {
      method: 'PATCH',
      path: `${path}/${name}`,
      body: { series: seriesBody(series) },
      otherwise: { method: 'POST', path, body: eventBody(happening, this.#source, name, at, series) },
    }
  }
}
