import type { Query } from './query.ts'

/** What decides which answer in the cache is a client's. */
export interface CacheQuestion {
  /** Lower case. */
  readonly name: string
  readonly type: number
  readonly class: number
  /**
   * All of these, DO, CD, RD and the view. CD and DO change what a validating server says (CVE-2024-0874); without RD it
   * says only what it happens to know, and that must not become everybody's answer.
   */
  readonly key: string
}

/** @param view The block that answers, and what it takes clients for: no answer goes from one view to another. */
export function cacheQuestion(message: Uint8Array, query: Query, view: string): CacheQuestion {
  const name = query.name.toLowerCase()
  const [high = 0, low = 0] = message.subarray(2, 4)
  const flags = (query.edns?.dnssecOk ? 4 : 0) | ((low & 0x10) >> 3) | (high & 1)
  return { name, type: query.type, class: query.class, key: `${name} ${query.type} ${query.class} ${flags} ${view}` }
}
