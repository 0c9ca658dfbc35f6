import type { PluginName } from '../config/corefile/plugin.ts'
import type { MetricSnapshot } from '../plugins/prometheus/metric.ts'
import { ownMetrics } from '../plugins/prometheus/own-metrics.ts'
import { entriesOf, inlineHosts, readHosts } from '../plugins/hosts-table.ts'
import type { DnsSetup } from './dns-serving.ts'
import type { HealthReport } from './health-probe.ts'

/** Plugins that no query passes: CoreDNS does not list them. */
const unlisted: ReadonlySet<PluginName> = new Set(['bind', 'health', 'ready', 'reload'])

/** Counts what belongs to no query: health, reloads, what is configured. */
export class DnsCounts {
  readonly #metrics = ownMetrics()

  constructor(version: string) {
    // There is no Go here; dashboards group by the label all the same.
    this.#metrics.build.set(1, version, '', '')
  }

  /** A Corefile with this hash is in force. */
  running({ corefile: { blocks }, listen }: DnsSetup, hash: string): void {
    const { reloadVersion, pluginEnabled, hostsEntries } = this.#metrics
    reloadVersion.clear()
    reloadVersion.set(1, 'sha512', hash)
    pluginEnabled.clear()
    hostsEntries.clear()
    for (const { server, blocks: served } of listen) {
      for (const { block, zones } of served) {
        const names = blocks[block]?.plugins.map(({ name }) => name) ?? []
        // As in CoreDNS: a block without `prometheus` says nothing of itself.
        if (!names.includes('prometheus')) continue
        for (const name of names) {
          if (!unlisted.has(name)) for (const zone of zones) pluginEnabled.set(1, server, zone, '', name)
        }
      }
    }
  }

  reloadFailed(): void {
    this.#metrics.reloadFailed.count()
  }

  healthProbed({ milliseconds, error }: HealthReport): void {
    this.#metrics.health.observe(milliseconds / 1000)
    if (error !== undefined) this.#metrics.healthFailures.count()
  }

  /** A hosts file is answered from as it is now. */
  hostsRead({ corefile: { blocks }, hosts }: DnsSetup, path: string): void {
    const { text = '', changedMs = 0 } = hosts.get(path) ?? {}
    if (changedMs > 0) this.#metrics.hostsReload.set(changedMs / 1000)
    for (const plugin of blocks.flatMap(({ plugins }) => plugins)) {
      if (plugin.name !== 'hosts' || plugin.file !== path) continue
      this.#metrics.hostsEntries.set(entriesOf(readHosts(text, plugin).table) + entriesOf(inlineHosts(plugin)), path)
    }
  }

  /**
   * An endpoint's change is answered with.
   *
   * @param seconds Since the time in the annotation `endpoints.kubernetes.io/last-change-trigger-time`.
   */
  programmed(seconds: number): void {
    this.#metrics.programming.observe(seconds, 'headless_with_selector')
  }

  snapshot(): readonly MetricSnapshot[] {
    return Object.values(this.#metrics).map((metric) => metric.snapshot)
  }
}
