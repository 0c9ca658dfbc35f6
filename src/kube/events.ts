import { setTimeout as delay } from 'node:timers/promises'
import { backoffMilliseconds } from './backoff.ts'
import { EventBook, type EventRequest } from './event-book.ts'
import type { EventSource, Happening } from './event.ts'

/** The part of an API server that takes Events. */
export interface EventSink {
  /** PATCH is a merge patch. Throws when the connection fails. */
  send(
    method: 'POST' | 'PATCH',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }>
  close(): Promise<void>
}

/** Whoever has something to tell about an object; it never waits and never fails. */
export interface Recorder {
  record(happening: Happening): void
}

/** So many requests wait; more are dropped. */
const longestQueue = 100

/** After so many failures, some two minutes, a request is dropped. */
const mostTries = 8

const dueEveryMs = 60_000

/**
 * Tells the API server what happens, as Kubernetes Events, when it can. Nothing waits for it, and what it cannot tell is
 * dropped: the log has it.
 */
export class EventRecorder implements Recorder {
  readonly #sink: EventSink
  readonly #onTrouble: (message: string) => void
  readonly #book: EventBook
  readonly #queue: EventRequest[] = []
  readonly #ending = new AbortController()
  readonly #timer: NodeJS.Timeout
  #sending: Promise<void> | undefined
  #complained = false

  /** @param onTrouble Told once, when the server refuses an Event. */
  constructor(sink: EventSink, source: EventSource, onTrouble: (message: string) => void) {
    this.#sink = sink
    this.#book = new EventBook(source)
    this.#onTrouble = onTrouble
    this.#timer = setInterval(() => this.#enqueue(this.#book.due(Date.now())), dueEveryMs)
    this.#timer.unref()
  }

  record(happening: Happening): void {
    const request = this.#book.take(happening, Date.now())
    if (request !== undefined) this.#enqueue([request])
  }

  /** What waits is dropped, and the sink closed. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#ending.abort()
    await this.#sending
    await this.#sink.close()
  }

  #enqueue(requests: readonly EventRequest[]): void {
    if (this.#ending.signal.aborted) return
    this.#queue.push(...requests.slice(0, longestQueue - this.#queue.length))
    this.#sending ??= this.#drain()
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#send(next)
    this.#sending = undefined
  }

  async #send(request: EventRequest): Promise<void> {
    const { signal } = this.#ending
    for (let tries = 1; tries <= mostTries && !signal.aborted; tries++) {
      const { status, text } = await this.#try(request)
      if (status === 404 && request.otherwise !== undefined) return this.#send(request.otherwise)
      if (status < 500 && status !== 429) return this.#judge(status, text)
      await delay(backoffMilliseconds(tries, Math.random()), undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** A connection that failed counts as a server that did. */
  #try({ method, path, body }: EventRequest): ReturnType<EventSink['send']> {
    return this.#sink.send(method, path, body, this.#ending.signal).catch(() => ({ status: 503, text: '' }))
  }

  #judge(status: number, text: string): void {
    // 404: the namespace of the object is gone. 409: two processes had the same name for an Event.
    if (status < 400 || status === 404 || status === 409 || this.#complained) return
    this.#complained = true
    this.#onTrouble(`The API server refuses our Events with ${status}: ${text.trim().slice(0, 300)}`)
  }
}
