/** What a metric is; source of names, labels and buckets: CoreDNS 1.14. */
export interface MetricKind {
  /** `coredns_dns_requests_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** Upper bounds, ascending, without the infinite one; of a histogram alone. */
  readonly buckets: readonly number[]
}

/**
 * The figures of one set of label values: of a counter or gauge the value alone, of a histogram how many fell into each
 * bucket, those above the last, and their sum.
 */
export type Series = Float64Array

/** A metric as it was when somebody asked: plain values, which pass from thread to thread. */
export interface MetricSnapshot {
  readonly kind: MetricKind
  readonly series: readonly { readonly values: readonly string[]; readonly figures: Series }[]
}

/** Label values come from the configuration; should one ever come from a client, memory stays bounded. */
const maxSeries = 10_000

/** One metric of this thread. Who counts often keeps the series: then a count costs nanoseconds. */
export class Metric {
  readonly kind: MetricKind
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly figures: Series }>()
  /** Takes what is counted beyond the bound. */
  readonly #uncounted: Series

  constructor(kind: MetricKind) {
    this.kind = kind
    this.#uncounted = new Float64Array(figuresOf(kind))
    // Without labels there is one series, and 0 says more than nothing.
    if (kind.labels.length === 0) this.series()
  }

  /** The series with these label values, in the order of the labels. */
  series(...values: readonly string[]): Series {
    const key = values.join('\0')
    const known = this.#series.get(key)
    if (known) return known.figures
    if (this.#series.size >= maxSeries) return this.#uncounted
    const figures = new Float64Array(figuresOf(this.kind))
    this.#series.set(key, { values, figures })
    return figures
  }

  count(...values: readonly string[]): void {
    add(this.series(...values))
  }

  set(value: number, ...values: readonly string[]): void {
    this.series(...values)[0] = value
  }

  observe(value: number, ...values: readonly string[]): void {
    observe(this.series(...values), this.kind.buckets, value)
  }

  /** Forgets every series: of a gauge whose labels are no longer true. */
  clear(): void {
    this.#series.clear()
  }

  get snapshot(): MetricSnapshot {
    return { kind: this.kind, series: [...this.#series.values()] }
  }
}

/** Adds one to a counter. */
export function add(series: Series): void {
  series[0] = (series[0] ?? 0) + 1
}

/** Adds a value to a histogram with these buckets. */
export function observe(series: Series, buckets: readonly number[], value: number): void {
  let bucket = 0
  while (bucket < buckets.length && value > (buckets[bucket] ?? 0)) bucket++
  series[bucket] = (series[bucket] ?? 0) + 1
  const sum = buckets.length + 1
  series[sum] = (series[sum] ?? 0) + value
}

export function counter(name: string, help: string, ...labels: readonly string[]): Metric {
  return new Metric({ name: `coredns_${name}`, help, type: 'counter', labels, buckets: [] })
}

export function gauge(name: string, help: string, ...labels: readonly string[]): Metric {
  return new Metric({ name: `coredns_${name}`, help, type: 'gauge', labels, buckets: [] })
}

export function histogram(
  name: string,
  help: string,
  buckets: readonly number[],
  ...labels: readonly string[]
): Metric {
  return new Metric({ name: `coredns_${name}`, help, type: 'histogram', labels, buckets })
}

function figuresOf({ type, buckets }: MetricKind): number {
  return type === 'histogram' ? buckets.length + 2 : 1
}
