import { Counter, Gauge, Histogram, Registry, exponentialBuckets } from 'prom-client'
import type { Table } from '../xtables/rule.ts'
import type { Family } from '../net/family.ts'
import type { CleanReport } from './flow-cleaner.ts'
import type { CheckReport, ProgrammerFigures, SyncReport } from './sync-report.ts'

/** The state of one family's rules, as it is when somebody asks. */
export interface FamilyFigures extends ProgrammerFigures {
  readonly family: Family
}

/** Metric values of one scrape, each with its labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** kube-proxy's buckets: a millisecond to sixteen seconds. */
const buckets = exponentialBuckets(0.001, 2, 15)

/**
 * What there is to count and to time of the rules: with kube-proxy's names, labels and buckets where it has them
 * (`kubeproxy_…`), else with ours (`pointsman_…`).
 */
export class ProxyMetrics {
  readonly registry = new Registry()
  readonly #read: () => readonly FamilyFigures[]
  readonly #duration = this.#histogram('sync_proxy_rules_duration_seconds', 'Time a sync took')
  readonly #durations = {
    full: this.#histogram('sync_full_proxy_rules_duration_seconds', 'Time a full sync took'),
    partial: this.#histogram('sync_partial_proxy_rules_duration_seconds', 'Time a partial sync took'),
  }
  readonly #lastSync = new Gauge({
    name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    help: 'When a sync last succeeded, in seconds since 1970',
    labelNames: ['ip_family'],
    registers: [this.registry],
  })
  readonly #repaired = new Counter({
    name: 'pointsman_repaired_total',
    help: 'Chains and jumps of ours that somebody else had changed, and that were repaired',
    labelNames: ['ip_family'],
    registers: [this.registry],
  })
  readonly #cleaning = this.#histogram('conntrack_reconciler_sync_duration_seconds', 'Time a removal of UDP flows took')
  readonly #removedFlows = new Counter({
    name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
    help: 'UDP flows that were removed because nothing would send them where they went',
    labelNames: ['ip_family'],
    registers: [this.registry],
  })

  /**
   * @param read The state of each family.
   * @param countConflicts How many claims of services another one has.
   */
  constructor(read: () => readonly FamilyFigures[], countConflicts: () => number) {
    this.#read = read
    const conflicts = new Gauge({
      name: 'pointsman_conflicting_claims',
      help: 'Addresses and node ports that a Service claims and another one has',
      registers: [],
      collect() {
        this.set(countConflicts())
      },
    })
    this.registry.registerMetric(conflicts)
    this.#gauge('kubeproxy_sync_proxy_rules_iptables_total', 'Rules of ours', ['table'], ({ ruleset }) =>
      perTable(ruleset.rules),
    )
    this.#gauge('kubeproxy_sync_proxy_rules_iptables_last', 'Rules that the last sync wrote', ['table'], (figures) =>
      perTable(figures.written),
    )
    this.#gauge(
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
      'Service ports with policy Local that have endpoints, but none on this node',
      ['traffic_policy'],
      ({ ruleset }) => [
        [{ traffic_policy: 'internal' }, ruleset.noLocalEndpoints.internal],
        [{ traffic_policy: 'external' }, ruleset.noLocalEndpoints.external],
      ],
    )
    this.#gauge('pointsman_quarantined_services', 'Services whose rules the kernel refuses', [], (figures) => [
      [{}, figures.quarantined],
    ])
    this.#count('sync_proxy_rules_iptables_restore_failures_total', 'Rules that could not be loaded', 'failures')
    this.#count(
      'sync_proxy_rules_iptables_partial_restore_failures_total',
      'The same, of partial syncs',
      'partialFailures',
    )
  }

  /** A sync that succeeded. */
  synced(family: Family, { kind, ownMs, toolMs }: SyncReport): void {
    this.#duration.observe({ ip_family: family }, (ownMs + toolMs) / 1000)
    this.#durations[kind].observe({ ip_family: family }, (ownMs + toolMs) / 1000)
    this.#lastSync.set({ ip_family: family }, Date.now() / 1000)
  }

  checked(family: Family, { repaired }: CheckReport): void {
    this.#repaired.inc({ ip_family: family }, repaired)
  }

  cleaned(family: Family, { removed, toolMs }: CleanReport): void {
    this.#cleaning.observe({ ip_family: family }, toolMs / 1000)
    this.#removedFlows.inc({ ip_family: family }, removed)
  }

  #histogram(name: string, help: string): Histogram<'ip_family'> {
    return new Histogram({
      name: `kubeproxy_${name}`,
      help,
      labelNames: ['ip_family'],
      buckets,
      registers: [this.registry],
    })
  }

  #gauge(
    name: string,
    help: string,
    labels: readonly string[],
    samples: (figures: FamilyFigures) => readonly Sample[],
  ) {
    const read = this.#read
    return new Gauge({
      name,
      help,
      labelNames: [...labels, 'ip_family'],
      registers: [this.registry],
      collect() {
        for (const figures of read()) {
          for (const [values, value] of samples(figures)) this.set({ ...values, ip_family: figures.family }, value)
        }
      },
    })
  }

  /** A counter that the programmer keeps. */
  #count(name: string, help: string, of: 'failures' | 'partialFailures') {
    const read = this.#read
    return new Counter({
      name: `kubeproxy_${name}`,
      help,
      labelNames: ['ip_family'],
      registers: [this.registry],
      collect() {
        this.reset()
        for (const figures of read()) this.inc({ ip_family: figures.family }, figures[of])
      },
    })
  }
}

/** Of the tables that kube-proxy counts; in mangle we have no rule. */
function perTable(counts: Readonly<Record<Table, number>>): readonly Sample[] {
  return (['filter', 'nat'] as const).map((table) => [{ table }, counts[table]])
}
