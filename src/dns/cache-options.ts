/** The bounds of one of the two stores. */
export interface CacheStoreOptions {
  /** Answers; when there is one more, the one that was asked for least lately goes. */
  readonly capacity: number
  /** Seconds; what an answer says is brought within these. With a least of 0 an answer of 0 is not kept. */
  readonly maxTtl: number
  readonly minTtl: number
  /** Zones, absolute and in lower case, for whose names nothing is kept. */
  readonly disabled: readonly string[]
}

/** CoreDNS' plugin cache; its defaults. */
export interface CacheOptions {
  /** Answers with records, and referrals. */
  readonly success: CacheStoreOptions
  /** NXDOMAIN, NODATA and failures. */
  readonly denial: CacheStoreOptions
  /** Zones whose names are cached. */
  readonly zones: readonly string[]
  /** Seconds that a SERVFAIL or NOTIMP is kept. */
  readonly failureTtl: number
  /** Hits carry the TTL as it was stored, not what remains of it. */
  readonly keepTtl: boolean
  readonly prefetch?: PrefetchOptions
  readonly serveStale?: ServeStaleOptions
}

/** An answer that was asked for `hits` times, never `withinSeconds` apart, is asked anew when `percent` of its time remain. */
export interface PrefetchOptions {
  readonly hits: number
  readonly withinSeconds: number
  readonly percent: number
}

/** What is done with answers whose time is over (RFC 8767). */
export interface ServeStaleOptions {
  /** How long after its time an answer may be served. */
  readonly forSeconds: number
  /** `immediate`: the client gets it, and it is asked anew meanwhile. `verify`: only when asking anew has failed. */
  readonly mode: 'immediate' | 'verify'
  /** Milliseconds that `verify` waits; absent: until asking has failed. */
  readonly verifyMs?: number
  /** Seconds that a client may keep a stale answer. */
  readonly ttl: number
  /** Seconds from a failure to asking anew; absent: none. */
  readonly recheckSeconds?: number
  /** An old positive answer is better than a denial. */
  readonly preferPositive: boolean
}

export const cacheDefaults: CacheOptions = {
  success: { capacity: 10_000, maxTtl: 3600, minTtl: 5, disabled: [] },
  denial: { capacity: 10_000, maxTtl: 1800, minTtl: 5, disabled: [] },
  zones: ['.'],
  failureTtl: 5,
  keepTtl: false,
}
