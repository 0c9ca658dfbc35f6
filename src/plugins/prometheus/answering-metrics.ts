import { counter, gauge, histogram } from './metric.ts'

/** Seconds: 0.25 ms to 8.2 s. */
export const timeBuckets = Array.from({ length: 16 }, (_, k) => 0.00025 * 2 ** k)

/** Octets; 8291 is how CoreDNS writes it. */
export const sizeBuckets = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3]

const served = ['server', 'zone', 'view'] as const
const cached = ['server', 'zones', 'view'] as const
const stored = ['server', 'type', 'zones', 'view'] as const
const upstream = ['proxy_name', 'to'] as const

/** What is counted where queries are answered: in each thread for itself. */
export type AnsweringMetrics = ReturnType<typeof answeringMetrics>

export function answeringMetrics() {
  return {
    ...queryMetrics(),
    ...cacheMetrics(),
    ...forwardMetrics(),
    autopath: counter('autopath_success_total', 'Queries for which a search list was followed', 'server'),
    templateMatches: counter('template_matches_total', 'Queries that a template fits', ...served, 'class', 'type'),
    aclAllowed: counter('acl_allowed_requests_total', 'Queries that acl let pass', 'server', 'view'),
    aclBlocked: counter('acl_blocked_requests_total', 'Queries that acl refused', ...served),
    aclFiltered: counter('acl_filtered_requests_total', 'Queries that acl answered with nothing', ...served),
    aclDropped: counter('acl_dropped_requests_total', 'Queries that acl left without an answer', ...served),
  }
}

function queryMetrics() {
  return {
    requests: counter('dns_requests_total', 'Queries, by what they asked', ...served, 'proto', 'family', 'type'),
    duration: histogram('dns_request_duration_seconds', 'Time to the answer', timeBuckets, ...served),
    requestSize: histogram('dns_request_size_bytes', 'Octets of a query', sizeBuckets, ...served, 'proto'),
    dnssecOk: counter('dns_do_requests_total', 'Queries with the DO bit', ...served),
    responseSize: histogram('dns_response_size_bytes', 'Octets of an answer', sizeBuckets, ...served, 'proto'),
    responses: counter('dns_responses_total', 'Answers, by rcode and plugin', ...served, 'rcode', 'plugin'),
    panics: counter('panics_total', 'Queries that a defect cost their answer'),
  }
}

function cacheMetrics() {
  return {
    cacheEntries: gauge('cache_entries', 'Answers in the cache', ...stored),
    cacheRequests: counter('cache_requests_total', 'Queries that came to the cache', ...cached),
    cacheHits: counter('cache_hits_total', 'Answers from the cache', ...stored),
    cacheMisses: counter('cache_misses_total', 'Queries that the cache had no answer for', ...cached),
    cachePrefetch: counter('cache_prefetch_total', 'Answers asked for anew in time', ...cached),
    cacheDrops: counter('cache_drops_total', 'Replies that do not answer their question', ...cached),
    cacheServedStale: counter('cache_served_stale_total', 'Answers given after their time', ...cached),
    cacheEvictions: counter('cache_evictions_total', 'Answers that made room for others', ...stored),
  }
}

function forwardMetrics() {
  return {
    forwardBroken: counter('forward_healthcheck_broken_total', 'Queries that came while all servers were down'),
    forwardRejects: counter('forward_max_concurrent_rejects_total', 'Queries refused: too many were under way'),
    proxyDuration: histogram(
      'proxy_request_duration_seconds',
      'Time to the reply of a server',
      timeBuckets,
      ...upstream,
      'rcode',
    ),
    proxyFailures: counter('proxy_healthcheck_failures_total', 'Health checks that failed', ...upstream),
  }
}
