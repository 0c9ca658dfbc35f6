import { isWithin } from './name.ts'

/** One forward block, as CoreDNS' plugin forward has it. */
export interface ForwardOptions {
  /** The zone whose names are forwarded, absolute and in lower case: `.`, `example.com.`. */
  readonly from: string
  /** Zones below it that are not. */
  readonly except: readonly string[]
  /** `random` chooses anew for each query; `round_robin` begins with the next; `sequential` always with the first. */
  readonly policy: 'random' | 'round_robin' | 'sequential'
  /** `client`: as the client asked. `prefer_udp`: UDP, and TCP when the answer is truncated. */
  readonly transport: 'client' | 'tcp' | 'prefer_udp'
  /** How long one server may take to answer. */
  readonly readTimeoutMs: number
  /** A server that fails more health checks in a row is down; 0: none ever is. */
  readonly maxFails: number
  readonly healthCheck: {
    readonly intervalMs: number
    readonly domain: string
    readonly recursionDesired: boolean
  }
  /** Queries at one time; one more is refused. Absent: no limit, but see `maxExchanges` in shared-exchanges.ts. */
  readonly maxConcurrent?: number
  /** Servers asked for one query; 0: as many as there is time for. Absent: each twice. */
  readonly maxConnectAttempts?: number
  /** When all servers are down: fail, rather than ask them all the same. */
  readonly failfast: boolean
  /** Rcodes for which the next server is asked, while there is one. */
  readonly failover: readonly number[]
  /** Rcodes that are handed to the next forward block; `nextOnNodata` says the same of answers without records. */
  readonly next: readonly number[]
  readonly nextOnNodata: boolean
}

/** CoreDNS' defaults. */
export const forwardDefaults: ForwardOptions = {
  from: '.',
  except: [],
  policy: 'random',
  transport: 'client',
  readTimeoutMs: 2000,
  maxFails: 2,
  healthCheck: { intervalMs: 500, domain: '.', recursionDesired: true },
  failfast: false,
  failover: [],
  next: [],
  nextOnNodata: false,
}

/** Whether a name, absolute and in lower case, is for this block. */
export function isForwarded({ from, except }: ForwardOptions, name: string): boolean {
  return isWithin(name, from) && !except.some((zone) => isWithin(name, zone))
}
