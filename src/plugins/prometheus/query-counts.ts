import type { QueryEvent, ServedLabels } from '../events.ts'
import { sizeBuckets, timeBuckets, type AnsweringMetrics } from './answering-metrics.ts'
import { rcodeLabel, typeLabel } from './code-label.ts'
import { add, observe, type Series } from './metric.ts'

/** Counts the queries of one zone on one listener: each series is looked up once, and then only added to. */
export class QueryCounts {
  readonly #metrics: AnsweringMetrics
  readonly #served: readonly [server: string, zone: string, view: string]
  readonly #duration: Series
  readonly #perTransport: Readonly<Record<QueryEvent['transport'], TransportCounts>>
  /** By plugin, then by rcode. */
  readonly #responses = new Map<string, Map<number, Series>>()

  constructor(metrics: AnsweringMetrics, { server, zone, view }: ServedLabels) {
    this.#metrics = metrics
    this.#served = [server, zone, view]
    this.#duration = metrics.duration.series(...this.#served)
    this.#perTransport = {
      udp: new TransportCounts(metrics, [...this.#served, 'udp']),
      tcp: new TransportCounts(metrics, [...this.#served, 'tcp']),
    }
  }

  count(query: QueryEvent): void {
    this.#perTransport[query.transport].count(query)
    observe(this.#duration, timeBuckets, query.milliseconds / 1000)
    add(this.#response(query.plugin, query.rcode ?? 0))
    if (query.dnssecOk) this.#metrics.dnssecOk.count(...this.#served)
  }

  #response(plugin: string, rcode: number): Series {
    let rcodes = this.#responses.get(plugin)
    if (!rcodes) this.#responses.set(plugin, (rcodes = new Map<number, Series>()))
    let series = rcodes.get(rcode)
    // At most the 4,096 rcodes that EDNS has (RFC 6891 section 6.1.3); those without a name share one series.
    if (!series)
      rcodes.set(rcode, (series = this.#metrics.responses.series(...this.#served, rcodeLabel(rcode), plugin)))
    return series
  }
}

/** What is counted for each transport. */
class TransportCounts {
  readonly #metrics: AnsweringMetrics
  readonly #labels: readonly string[]
  /** By family, then by type: at most 65,536 of each. */
  readonly #requests = { 1: new Map<number, Series>(), 2: new Map<number, Series>() }
  #sizes: { readonly request: Series; readonly response: Series } | undefined

  constructor(metrics: AnsweringMetrics, labels: readonly string[]) {
    this.#metrics = metrics
    this.#labels = labels
  }

  count({ family, type, requestSize, responseSize }: QueryEvent): void {
    add(this.#request(family, type))
    // Not made before there is a query: a transport that nobody uses has no series.
    this.#sizes ??= {
      request: this.#metrics.requestSize.series(...this.#labels),
      response: this.#metrics.responseSize.series(...this.#labels),
    }
    observe(this.#sizes.request, sizeBuckets, requestSize)
    observe(this.#sizes.response, sizeBuckets, responseSize)
  }

  #request(family: QueryEvent['family'], type: number): Series {
    const types = this.#requests[family]
    let series = types.get(type)
    if (!series) {
      series = this.#metrics.requests.series(...this.#labels, String(family), typeLabel(type))
      types.set(type, series)
    }
    return series
  }
}
