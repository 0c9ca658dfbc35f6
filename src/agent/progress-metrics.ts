import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ModelObject } from '../model/object.ts'
import type { Family } from '../net/family.ts'

/** kube-proxy's: a quarter of a second to five minutes. */
const programmingBuckets = [
  0.25,
  0.5,
  ...Array.from({ length: 59 }, (_, i) => 1 + i),
  ...Array.from({ length: 12 }, (_, i) => 60 + 5 * i),
  ...Array.from({ length: 7 }, (_, i) => 120 + 30 * i),
]

type Changes = 'endpoint' | 'service'

/** How the rules keep up with the cluster, and what was said of it over HTTP; with kube-proxy's names and labels. */
export class ProgressMetrics {
  readonly #queued: Gauge<'ip_family'>
  readonly #programming: Histogram<'ip_family'>
  readonly #changes: Readonly<Record<Changes, { readonly pending: Gauge; readonly total: Counter }>>
  readonly #answers: Readonly<Record<'healthz' | 'livez', Counter<'code'>>>

  constructor(registry: Registry) {
    const registers = [registry]
    const families = { labelNames: ['ip_family'], registers } as const
    this.#queued = new Gauge({
      name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
      help: 'When a sync was last asked for, in seconds since 1970',
      ...families,
    })
    this.#programming = new Histogram({
      name: 'kubeproxy_network_programming_duration_seconds',
      help: 'Time from the change of an endpoint to rules that have it',
      buckets: programmingBuckets,
      ...families,
    })
    const changes = (what: Changes) => ({
      pending: new Gauge({
        name: `kubeproxy_sync_proxy_rules_${what}_changes_pending`,
        help: `Changes of ${what}s that no sync has brought into the rules`,
        registers,
      }),
      total: new Counter({
        name: `kubeproxy_sync_proxy_rules_${what}_changes_total`,
        help: `Changes of ${what}s that were seen`,
        registers,
      }),
    })
    this.#changes = { endpoint: changes('endpoint'), service: changes('service') }
    const answers = (path: string) =>
      new Counter({
        name: `kubeproxy_proxy_${path}_total`,
        help: `Answers of /${path}`,
        labelNames: ['code'],
        registers,
      })
    this.#answers = { healthz: answers('healthz'), livez: answers('livez') }
  }

  /** The rules of these families are kept from now on: what there is to say of them is 0, not absent. */
  begin(families: readonly Family[]): void {
    for (const ip_family of families) this.#programming.zero({ ip_family })
  }

  queued(family: Family): void {
    this.#queued.set({ ip_family: family }, Date.now() / 1000)
  }

  /** An endpoint's change is in the rules, so long after the API server had it. */
  observeProgramming(family: Family, seconds: number): void {
    this.#programming.observe({ ip_family: family }, seconds)
  }

  /** These came, changed or went. As with kube-proxy each family takes note of a Service, and of the slices of its own. */
  changed(objects: readonly ModelObject[], families: readonly Family[]): void {
    for (const object of objects) {
      if (object.kind === 'Service' && !object.headless && !object.proxiedElsewhere)
        this.#count('service', families.length)
      if (
        object.kind === 'EndpointSlice' &&
        !object.proxiedElsewhere &&
        families.some((one) => one === object.family)
      ) {
        this.#count('endpoint', 1)
      }
    }
  }

  /** All that was seen is in the rules of every family. */
  caughtUp(): void {
    for (const { pending } of Object.values(this.#changes)) pending.set(0)
  }

  answered(path: 'healthz' | 'livez', code: number): void {
    this.#answers[path].inc({ code: String(code) })
  }

  #count(what: Changes, changes: number): void {
    this.#changes[what].pending.inc(changes)
    this.#changes[what].total.inc(changes)
  }
}
