import { setTimeout as delay } from 'node:timers/promises'
import type { AddressPort } from '../config/address-port.ts'
import { usualConnections } from '../host/connection-room.ts'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import { maxOpenFiles } from '../host/open-files.ts'
import { WorkerLink } from './dns-worker-link.ts'
import type { WorkerFigures } from './dns-worker-messages.ts'

export interface DnsWorkersOptions<Setup> {
  /** How many threads answer, each with sockets of its own. */
  readonly count: number
  /** Port 0 takes one that is free. */
  readonly listen: readonly AddressPort[]
  /** What answers are made from, as it is now; asked for whenever a worker starts. */
  readonly setup: () => Setup
  /** Takes a line of the query log. */
  readonly print: (line: string) => void
  /** The program of a worker; absent: that of the agent. */
  readonly entry?: URL
}

/** How long workers may take to tell their figures; one that is busy for longer is left out. */
const collectMs = 1000

/** The first end of a worker starts the next at once, the second this much later, and then twice as late each time. */
const againMs = { least: 100, most: 10_000 }

/** A worker that has lived so long has not failed for the reason that ended the one before. */
const settledMs = 60_000

// From source it is the neighbour of this file; in the bundle, of the one file that everything became.
const agentEntry = new URL(import.meta.url.endsWith('.ts') ? 'dns-worker.ts' : 'dns-worker.js', import.meta.url)

/** The place of one worker, which others take after it. */
interface Place<Setup, Change> {
  readonly number: number
  link?: WorkerLink<Setup, Change> | undefined
}

/**
 * The threads that answer DNS. Each has sockets of its own at every address, among which the kernel spreads the queries
 * (SO_REUSEPORT), and all that it answers with: nothing that keeps this thread busy keeps them.
 */
export class DnsWorkers<Setup, Change> {
  readonly #options: DnsWorkersOptions<Setup>
  readonly #log: Log
  readonly #places: readonly Place<Setup, Change>[]
  readonly #stopped = new AbortController()
  #listen: readonly AddressPort[]
  #setup: () => Setup
  #restarts = 0
  #updating: Promise<unknown> = Promise.resolve()

  constructor(options: DnsWorkersOptions<Setup>, log: Log) {
    this.#options = options
    this.#log = log
    this.#listen = options.listen
    this.#setup = options.setup
    this.#places = Array.from({ length: options.count }, (_, i) => ({ number: i + 1 }))
  }

  /** How many workers had to be started anew. */
  get restarts(): number {
    return this.#restarts
  }

  /** Returns where they answer. Rejects with a sentence when that cannot be; then none is left. */
  async start(): Promise<readonly AddressPort[]> {
    try {
      const [first, ...others] = this.#places
      // The first chooses the ports that the others share.
      if (first) this.#listen = await this.#run(first)
      await Promise.all(others.map((place) => this.#run(place)))
    } catch (error) {
      await this.stop()
      throw error
    }
    for (const place of this.#places) void this.#keep(place)
    return this.#listen
  }

  /**
   * Exchanges all that the workers answer with, and where they listen; each does so between two queries. Returns where they
   * answer. Rejects with a sentence when the first of them cannot, and nothing has changed.
   */
  update(setup: () => Setup, listen: readonly AddressPort[]): Promise<readonly AddressPort[]> {
    const updated = this.#updating.then(() => this.#update(setup, listen))
    this.#updating = updated.catch(() => undefined)
    return updated
  }

  /**
   * Tells all workers what has become otherwise since {@link DnsWorkersOptions.setup} was asked; resolves when all go by it. One
   * that cannot gives its place to a new one.
   */
  async change(change: Change): Promise<void> {
    const told = this.#places.map(async ({ number, link }) => {
      try {
        await link?.change(change)
      } catch (error) {
        this.#log.error({ worker: number }, `Cannot change what a DNS worker answers: ${errorText(error)}`)
        await link?.terminate()
      }
    })
    await Promise.all(told)
  }

  /** Resolves when the sockets that went with an update are closed; until then they answer what has come to them. */
  async settled(): Promise<void> {
    await Promise.all(this.#places.flatMap(({ link }) => (link ? [link.settled().catch(() => undefined)] : [])))
  }

  /** The figures of every worker that tells them in time. */
  async collect(): Promise<readonly WorkerFigures[]> {
    const late = new AbortController()
    const timeout = delay(collectMs, undefined, { signal: late.signal }).catch(() => undefined)
    const figures = this.#places.flatMap(({ link }) =>
      link ? [Promise.race([link.collect().catch(() => undefined), timeout])] : [],
    )
    const told = await Promise.all(figures)
    late.abort()
    return told.filter((one) => one !== undefined)
  }

  /** Lets all that has come be answered; resolves when no worker is left. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(this.#places.map(async ({ link }) => link?.stop()))
  }

  async #update(setup: () => Setup, listen: readonly AddressPort[]): Promise<readonly AddressPort[]> {
    const first = this.#places.find(({ link }) => link !== undefined)
    const ports = (await first?.link?.update(setup(), listen)) ?? []
    this.#setup = setup
    this.#listen = withPorts(listen, ports)
    // Also those that were started meanwhile, with what held then. One that is about to be started takes what holds now.
    const others = this.#places.filter((place) => place !== first)
    await Promise.all(others.map((place) => this.#updateOther(place)))
    return this.#listen
  }

  async #updateOther({ number, link }: Place<Setup, Change>): Promise<void> {
    try {
      await link?.update(this.#setup(), this.#listen)
    } catch (error) {
      this.#log.error(
        { worker: number },
        `Cannot update a DNS worker, so a new one takes its place: ${errorText(error)}`,
      )
      await link?.terminate()
    }
  }

  /** Starts the worker of a place; returns where it answers. */
  async #run(place: Place<Setup, Change>): Promise<readonly AddressPort[]> {
    const { entry = agentEntry, count } = this.#options
    const { number } = place
    // The other half of the files is for what the agent does besides.
    const data = { maxConnections: Math.min(usualConnections, Math.floor(maxOpenFiles() / 2 / count)) }
    const link = new WorkerLink<Setup, Change>(entry, `dns-${number}`, data, ({ level, message }) => {
      if (level === 'line') this.#options.print(message)
      else this.#log[level]({ worker: number }, message)
    })
    place.link = link
    try {
      return withPorts(this.#listen, await link.update(this.#setup(), this.#listen))
    } catch (error) {
      await link.terminate()
      place.link = undefined
      throw error
    }
  }

  /** Starts a new worker in a place whenever the one that has it ends, until all are stopped. */
  async #keep(place: Place<Setup, Change>): Promise<void> {
    const { signal } = this.#stopped
    let failures = 0
    while (!signal.aborted) {
      const began = performance.now()
      const reason = await this.#endOf(place)
      if (signal.aborted) return
      if (performance.now() - began > settledMs) failures = 0
      const inMs = failures === 0 ? 0 : Math.min(againMs.least * 2 ** (failures - 1), againMs.most)
      failures++
      this.#restarts++
      this.#log.error({ worker: place.number, inMs }, `A DNS worker is started anew, because the last ended: ${reason}`)
      await delay(inMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Why the worker of a place ended; one that is missing is started. */
  async #endOf(place: Place<Setup, Change>): Promise<string> {
    try {
      if (!place.link) await this.#run(place)
      return (await place.link?.ended) ?? 'it was stopped'
    } catch (error) {
      return errorText(error)
    } finally {
      place.link = undefined
    }
  }
}

function withPorts(listen: readonly AddressPort[], ports: readonly number[]): readonly AddressPort[] {
  return listen.map(({ host, port }, i) => ({ host, port: ports[i] ?? port }))
}
