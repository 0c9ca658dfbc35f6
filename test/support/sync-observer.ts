import type { SyncObserver } from '../../src/agent/family-programs.ts'
import type { ProxyMetrics } from '../../src/agent/proxy-metrics.ts'

/** Counts what is told of syncs, but not how long changes took. */
export function observerOf(metrics: ProxyMetrics): SyncObserver {
  return {
    synced: (family, report) => metrics.synced(family, report),
    checked: (family, report) => metrics.checked(family, report),
    cleaned: (family, report) => metrics.cleaned(family, report),
    observeProgramming: () => undefined,
  }
}
