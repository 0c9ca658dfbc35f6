import type { Corefile } from '../config/corefile/corefile.ts'
import type { Log } from '../host/log.ts'
import type { MetricSnapshot } from '../plugins/prometheus/metric.ts'
import type { WorkerChange, WorkerSetup } from './dns-answers.ts'
import type { DnsServing, DnsSetup } from './dns-serving.ts'
import { DnsWorkers } from './dns-workers.ts'
import type { DnsZones } from './dns-zones.ts'
import type { HostsText } from './hosts-files.ts'

export interface WorkerServingOptions {
  /** How many threads. */
  readonly count: number
  /** The zones that they answer from. */
  readonly zones: (exchange: WorkerServing['exchange']) => DnsZones
  /** The serial of zones that are new: seconds since 1970. */
  readonly serial: () => number
  /** Takes a line of the query log. */
  readonly print: (line: string) => void
}

/** DNS sockets on threads of their own, which answer from shared tables. */
export class WorkerServing implements DnsServing {
  readonly zones: DnsZones
  readonly #options: WorkerServingOptions
  readonly #log: Log
  #workers: DnsWorkers<WorkerSetup, WorkerChange> | undefined
  #corefile: Corefile | undefined
  #hosts: ReadonlyMap<string, HostsText> = new Map()
  /** That of the setup in force. */
  #id = 0
  #lastId = 0

  constructor(options: WorkerServingOptions, log: Log) {
    this.#options = options
    this.#log = log
    this.zones = options.zones(this.exchange)
  }

  async update({ corefile, listen, hosts }: DnsSetup): Promise<readonly number[]> {
    const zones = await this.zones.of(corefile, this.#options.serial())
    const id = this.#isSame(corefile) ? this.#id : ++this.#lastId
    const before = this.#hosts
    this.#hosts = hosts
    // Asked again for a worker that takes another's place, when zones may have other buffers and files another text.
    const setup = (): WorkerSetup => ({ id, corefile, zones: zones(), hosts: this.#hosts })
    try {
      const places = this.#workers ? await this.#workers.update(setup, listen) : await this.#start(setup, listen)
      this.#corefile = corefile
      this.#id = id
      return places.map(({ port }) => port)
    } catch (error) {
      // Unless one of them has changed meanwhile.
      if (this.#hosts === hosts) this.#hosts = before
      throw error
    } finally {
      this.zones.keepOnly(this.#corefile ?? { blocks: [] })
    }
  }

  async settled(): Promise<void> {
    await this.#workers?.settled()
  }

  hostsChanged(path: string, text: HostsText): void {
    this.#hosts = new Map([...this.#hosts, [path, text]])
    void this.#workers?.change({ kind: 'hosts', path, text })
  }

  async collect(): Promise<readonly (readonly MetricSnapshot[])[]> {
    return ((await this.#workers?.collect()) ?? []).flatMap(({ answers }) => (isSnapshots(answers) ? [answers] : []))
  }

  async close(): Promise<void> {
    await this.#workers?.stop()
  }

  /** Gives all threads another buffer of a zone. */
  readonly exchange = async (zone: number, buffer: SharedArrayBuffer): Promise<void> => {
    await this.#workers?.change({ kind: 'zone', zone, buffer })
  }

  async #start(
    setup: () => WorkerSetup,
    listen: DnsSetup['listen'],
  ): ReturnType<DnsWorkers<WorkerSetup, WorkerChange>['start']> {
    const { count, print } = this.#options
    // From now on changes reach it: those that come while it starts are not in what it starts with.
    const workers = new DnsWorkers<WorkerSetup, WorkerChange>({ count, listen, setup, print }, this.#log)
    this.#workers = workers
    try {
      return await workers.start()
    } catch (error) {
      this.#workers = undefined
      throw error
    }
  }

  #isSame(corefile: Corefile): boolean {
    return this.#corefile !== undefined && JSON.stringify(corefile) === JSON.stringify(this.#corefile)
  }
}

/** What `createAnswers` counts. */
function isSnapshots(figures: unknown): figures is readonly MetricSnapshot[] {
  return Array.isArray(figures)
}
