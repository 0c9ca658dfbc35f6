import type { CacheEvent } from '../../dns/answer-cache.ts'
import type { ForwardEvent } from '../../dns/forward-target.ts'
import type { CacheLabels, DnsEvent, QueryEvent, ServedLabels } from '../events.ts'
import { answeringMetrics, type AnsweringMetrics } from './answering-metrics.ts'
import { rcodeLabel } from './code-label.ts'
import type { MetricSnapshot } from './metric.ts'
import { QueryCounts } from './query-counts.ts'

/** How many answers each store of a cache holds. */
export interface CacheSizes {
  readonly success: number
  readonly denial: number
}

/** Counts what happens to queries in one thread. One of them goes on through every reload: counters never go back. */
export class DnsMetrics {
  readonly of: AnsweringMetrics = answeringMetrics()
  /** Labels that a reload left behind go by themselves; what was counted under them stays in the metrics. */
  readonly #queries = new WeakMap<ServedLabels, QueryCounts>()
  #caches: readonly { readonly labels: CacheLabels; readonly sizes: () => CacheSizes }[] = []

  observe(event: DnsEvent): void {
    switch (event.kind) {
      case 'query':
        return this.#countsOf(event).count(event)
      case 'cache':
        return this.#cache(event.labels, event.event)
      case 'forward':
        return this.#forward(event.event)
      case 'counted':
        return this.of[event.what].count(...event.labels)
      case 'panic':
        return this.of.panics.count()
    }
  }

  /** Which caches there are since the last reload. */
  setCaches(caches: readonly { readonly labels: CacheLabels; readonly sizes: () => CacheSizes }[]): void {
    this.#caches = caches
  }

  /** What was counted so far. */
  snapshot(): readonly MetricSnapshot[] {
    const { cacheEntries } = this.of
    cacheEntries.clear()
    for (const { labels, sizes } of this.#caches) {
      const { server, zones, view } = labels
      const { success, denial } = sizes()
      cacheEntries.set(success, server, 'success', zones, view)
      cacheEntries.set(denial, server, 'denial', zones, view)
    }
    return Object.values(this.of).map((metric) => metric.snapshot)
  }

  #countsOf({ labels }: QueryEvent): QueryCounts {
    let counts = this.#queries.get(labels)
    if (!counts) this.#queries.set(labels, (counts = new QueryCounts(this.of, labels)))
    return counts
  }

  #cache({ server, zones, view }: CacheLabels, event: CacheEvent): void {
    const { of } = this
    switch (event.kind) {
      case 'hit':
        of.cacheRequests.count(server, zones, view)
        return of.cacheHits.count(server, event.store, zones, view)
      case 'miss':
        of.cacheRequests.count(server, zones, view)
        return of.cacheMisses.count(server, zones, view)
      case 'served-stale':
        of.cacheRequests.count(server, zones, view)
        return of.cacheServedStale.count(server, zones, view)
      case 'prefetch':
        return of.cachePrefetch.count(server, zones, view)
      case 'mismatch':
        return of.cacheDrops.count(server, zones, view)
      case 'evicted':
        return of.cacheEvictions.count(server, event.store, zones, view)
    }
  }

  #forward(event: ForwardEvent): void {
    const { of } = this
    switch (event.kind) {
      case 'exchange':
        // CoreDNS times what came back; what did not shows in the answers.
        if (event.rcode === undefined) return
        return of.proxyDuration.observe(event.milliseconds / 1000, 'forward', event.target, rcodeLabel(event.rcode))
      case 'health-check-failed':
        return of.proxyFailures.count('forward', event.target)
      case 'all-down':
        return of.forwardBroken.count()
      case 'refused':
        return of.forwardRejects.count()
    }
  }
}
