import { AggregatorRegistry, type Registry } from 'prom-client'
import type { MetricKind, MetricSnapshot } from '../plugins/prometheus/metric.ts'
import { mergeSnapshots } from '../plugins/prometheus/merge.ts'

/** The figures of all threads in Prometheus' text format. */
export function expose(threads: readonly (readonly MetricSnapshot[])[]): Promise<string> {
  const metrics = mergeSnapshots(threads)
    .filter(({ series }) => series.length > 0)
    .map(({ kind, series }) => ({
      name: kind.name,
      help: kind.help,
      type: kind.type,
      aggregator: 'first',
      values: series.flatMap(({ values, figures }) => samples(kind, values, figures)),
    }))
  const registry: Registry = AggregatorRegistry.aggregate([metrics])
  return registry.metrics()
}

interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

function samples(kind: MetricKind, values: readonly string[], figures: Float64Array): readonly Sample[] {
  const labels = Object.fromEntries(kind.labels.map((label, i) => [label, values[i] ?? '']))
  if (kind.type !== 'histogram') return [{ metricName: kind.name, labels, value: figures[0] ?? 0 }]
  let count = 0
  const buckets = [...kind.buckets, '+Inf'].map((le, i) => {
    count += figures[i] ?? 0
    return { metricName: `${kind.name}_bucket`, labels: { ...labels, le }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${kind.name}_sum`, labels, value: figures[kind.buckets.length + 1] ?? 0 },
    { metricName: `${kind.name}_count`, labels, value: count },
  ]
}
