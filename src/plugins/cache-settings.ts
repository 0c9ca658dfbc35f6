import type { Cache, CacheStore } from '../config/corefile/plugins/cache.ts'
import type { ServeStale } from '../config/corefile/plugins/serve-stale.ts'
import type { CacheOptions, CacheStoreOptions, ServeStaleOptions } from '../dns/cache-options.ts'
import { optional } from '../model/optional.ts'

/** CoreDNS keeps 1,024 whatever is asked for less; more than a million is more than a node has room for. */
const capacities = { least: 1024, most: 2 ** 20 }

/** What a `cache` of the Corefile says, for the cache. */
export function cacheOptions({
  zones,
  success,
  denial,
  servfailMs,
  prefetch,
  serveStale,
  keepTtl,
}: Cache): CacheOptions {
  const { amount, gapMs, percentage } = prefetch
  return {
    zones,
    success: storeOptions(success),
    denial: storeOptions(denial),
    failureTtl: servfailMs / 1000,
    keepTtl,
    ...optional(
      'prefetch',
      amount === 0 ? undefined : { hits: amount, withinSeconds: gapMs / 1000, percent: percentage },
    ),
    ...optional('serveStale', serveStale && staleOptions(serveStale)),
  }
}

function storeOptions({ capacity, ttl, minTtl, disabledZones }: CacheStore): CacheStoreOptions {
  const { least, most } = capacities
  return {
    capacity: Math.min(Math.max(capacity, least), most),
    maxTtl: ttl,
    minTtl,
    disabled: disabledZones,
  }
}

function staleOptions({
  maxAgeMs,
  refresh,
  verifyTimeoutMs,
  ttl,
  recheckMs,
  preferPositive,
}: ServeStale): ServeStaleOptions {
  return {
    forSeconds: maxAgeMs / 1000,
    mode: refresh,
    ...optional('verifyMs', verifyTimeoutMs || undefined),
    ttl,
    ...optional('recheckSeconds', recheckMs === 0 ? undefined : recheckMs / 1000),
    preferPositive,
  }
}
