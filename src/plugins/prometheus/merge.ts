import type { MetricSnapshot } from './metric.ts'

/** The figures of several threads as those of one: every count is the sum. The order is that of the first that has it. */
export function mergeSnapshots(threads: readonly (readonly MetricSnapshot[])[]): readonly MetricSnapshot[] {
  const byName = Map.groupBy(threads.flat(), ({ kind }) => kind.name)
  return [...byName.values()].flatMap(mergeMetric)
}

function mergeMetric(snapshots: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
  const [first] = snapshots
  if (!first) return []
  const merged = new Map<string, MetricSnapshot['series'][number]>()
  for (const { values, figures } of snapshots.flatMap(({ series }) => series)) {
    const key = values.join('\0')
    const sum = merged.get(key)
    if (sum) figures.forEach((figure, i) => (sum.figures[i] = (sum.figures[i] ?? 0) + figure))
    else merged.set(key, { values, figures: figures.slice() })
  }
  return [{ kind: first.kind, series: [...merged.values()] }]
}
