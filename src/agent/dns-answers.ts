import type { Corefile } from '../config/corefile/corefile.ts'
import type { Hosts } from '../config/corefile/plugins/hosts.ts'
import { ZoneReader } from '../dns/zone-reader.ts'
import type { AnswerDns } from '../host/dns-service.ts'
import { DirectAnswers } from '../plugins/direct-answers.ts'
import { readHosts, type HostsTable } from '../plugins/hosts-table.ts'
import { DnsMetrics } from '../plugins/prometheus/dns-metrics.ts'
import type { MetricSnapshot } from '../plugins/prometheus/metric.ts'
import { DnsServer } from '../plugins/server.ts'
import type { LogLevel } from './dns-worker-messages.ts'
import { dnsWorld } from './dns-world.ts'
import type { ZonesOfPlugins } from './dns-zones.ts'
import type { HostsText } from './hosts-files.ts'

/** What the answers are made from, as it is sent to each DNS worker. */
export interface WorkerSetup {
  /** The same for two setups that differ in where they listen alone. */
  readonly id: number
  readonly corefile: Corefile
  readonly zones: ZonesOfPlugins
  /** Hosts files, by path. */
  readonly hosts: ReadonlyMap<string, HostsText>
}

/** What has become otherwise since. */
export type WorkerChange =
  | { readonly kind: 'hosts'; readonly path: string; readonly text: HostsText }
  /** The table of a zone is in another buffer. */
  | { readonly kind: 'zone'; readonly zone: number; readonly buffer: SharedArrayBuffer }

/** Answers on a DNS worker, until a whole new setup takes their place. */
export interface DnsAnswers<Change> {
  readonly answer: AnswerDns
  change(change: Change): void
  /** What there is to count, for whoever collects it from all workers: plain data. */
  figures(): unknown
  /** No new query comes; those under way may end by themselves. */
  close(): void
}

/** Of this thread; counters go on through every setup. */
const metrics = new DnsMetrics()

/** Builds the answers of a worker; those it has, where the setup says the same. Rejects with a sentence where that is wrong. */
export async function createAnswers(
  setup: WorkerSetup,
  log: (level: LogLevel, message: string) => void,
  current: DnsAnswers<WorkerChange> | undefined,
): Promise<DnsAnswers<WorkerChange>> {
  if (current instanceof CorefileAnswers && current.id === setup.id) return current
  return new CorefileAnswers(setup, await dnsWorld(setup.corefile), log)
}

class CorefileAnswers implements DnsAnswers<WorkerChange> {
  readonly id: number
  readonly #zones = new Map<number, ZoneReader>()
  readonly #hosts: Map<string, HostsText>
  /** What has become of the file of each plugin hosts. */
  readonly #tables = new Map<Hosts, { readonly file: HostsText | undefined; readonly table: HostsTable }>()
  readonly #log: (level: LogLevel, message: string) => void
  readonly #server: DnsServer
  readonly #direct: DirectAnswers

  constructor(
    { id, corefile, zones, hosts }: WorkerSetup,
    world: Awaited<ReturnType<typeof dnsWorld>>,
    log: (level: LogLevel, message: string) => void,
  ) {
    this.id = id
    this.#log = log
    this.#hosts = new Map(hosts)
    for (const { id: zone, options, buffer } of [...zones.values()].flat()) {
      this.#zones.set(zone, new ZoneReader(options, buffer))
    }
    const environment = {
      ...world,
      observe: metrics.observe.bind(metrics),
      write: (line: string) => log('line', line),
      zones: (plugin: Parameters<typeof zones.get>[0]) =>
        (zones.get(plugin) ?? []).flatMap((zone) => this.#zones.get(zone.id) ?? []),
      hostsTable: (plugin: Hosts) => this.#hostsTable(plugin),
    }
    this.#server = new DnsServer(corefile, environment)
    this.#direct = new DirectAnswers(this.#server, environment)
  }

  readonly answer: AnswerDns = (query, peer) => this.#direct.answer(query, peer) ?? this.#server.answer(query, peer)

  change(change: WorkerChange): void {
    if (change.kind === 'zone') {
      this.#zones.get(change.zone)?.exchange(change.buffer)
    } else {
      this.#hosts.set(change.path, change.text)
    }
  }

  figures(): readonly MetricSnapshot[] {
    metrics.setCaches(this.#server.caches.map(({ labels, answers }) => ({ labels, sizes: () => answers.cache.sizes })))
    return metrics.snapshot()
  }

  close(): void {
    this.#server.close()
  }

  #hostsTable(plugin: Hosts): HostsTable {
    const file = this.#hosts.get(plugin.file)
    const known = this.#tables.get(plugin)
    if (known && known.file === file) return known.table
    const { table: read, problem } = readHosts(file?.text ?? '', plugin)
    if (problem !== undefined) this.#log('warn', `Cannot use the hosts file ${plugin.file}: ${problem}`)
    const table = problem === undefined ? read : (known?.table ?? read)
    this.#tables.set(plugin, { file, table })
    return table
  }
}
