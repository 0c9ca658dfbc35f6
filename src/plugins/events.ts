import type { CacheEvent } from '../dns/answer-cache.ts'
import type { ForwardEvent } from '../dns/forward-target.ts'

/** What happens to queries, as CoreDNS' metrics count it. */
export type DnsEvent =
  | QueryEvent
  /** In the cache of a block. */
  | { readonly kind: 'cache'; readonly labels: CacheLabels; readonly event: CacheEvent }
  /** At the upstream servers of a block. */
  | { readonly kind: 'forward'; readonly event: ForwardEvent }
  /** What a plugin counts besides, with the labels of its metric. */
  | { readonly kind: 'counted'; readonly what: PluginCount; readonly labels: readonly string[] }
  /** A defect of ours cost a query its answer: the client got SERVFAIL. */
  | { readonly kind: 'panic'; readonly error: unknown }

/**
 * A query, and what the client got. Of queries that reach a server block, only those whose block has the plugin prometheus
 * are told; so are those that reach none, with the zone `dropped`.
 */
export interface QueryEvent {
  readonly kind: 'query'
  readonly labels: ServedLabels
  readonly transport: 'udp' | 'tcp'
  /** 1 for IPv4, 2 for IPv6. */
  readonly family: 1 | 2
  /** The type of the question, by number. */
  readonly type: number
  /** DO */
  readonly dnssecOk: boolean
  /** By number; absent when nothing was sent. */
  readonly rcode?: number
  /** The plugin that the answer comes from; empty when none wrote one. */
  readonly plugin: string
  /** Octets. */
  readonly requestSize: number
  /** Octets; 0 for a zone transfer, whose messages are not written yet. */
  readonly responseSize: number
  readonly milliseconds: number
}

/** A zone on a listener. There is one object for each, so it can be the key of its counters. */
export interface ServedLabels {
  /** `dns://:53`, `dns://169.254.20.10:53` */
  readonly server: string
  /** As in the Corefile, absolute: `cluster.local.`; `dropped` for a query that reached no block. */
  readonly zone: string
  /** CoreDNS' plugin view is not supported. */
  readonly view: ''
}

/** The cache of a block; one object for each. */
export interface CacheLabels {
  /** Of a block that listens in several places the first. */
  readonly server: string
  /** What is cached, with commas: `.` */
  readonly zones: string
  readonly view: ''
}

/** What plugins count of their own: `aclBlocked` is the metric `acl_blocked_requests_total`. */
type PluginCount = 'aclAllowed' | 'aclBlocked' | 'aclDropped' | 'aclFiltered' | 'autopath' | 'templateMatches'
