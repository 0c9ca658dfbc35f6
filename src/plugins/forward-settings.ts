import type { Forward } from '../config/corefile/plugins/forward.ts'
import type { ForwardOptions } from '../dns/forward-options.ts'
import { optional } from '../model/optional.ts'

/** Health checks with no time between them would do nothing else. */
const minCheckMs = 100

/** Queries that wait for an upstream at one time where the Corefile allows any number: each holds memory. */
const maxWaiting = 20_000

/** What a `forward` of the Corefile says, for the forwarder. */
export function forwardOptions(plugin: Forward): ForwardOptions {
  const { from, except, policy, readTimeoutMs, maxFails, healthCheck, maxConcurrent, nextOnNodata, failFast } = plugin
  return {
    from,
    except,
    policy,
    transport: plugin.protocol === 'prefer-udp' ? 'prefer_udp' : plugin.protocol,
    readTimeoutMs,
    maxFails,
    healthCheck: { ...healthCheck, intervalMs: Math.max(healthCheck.intervalMs, minCheckMs) },
    maxConcurrent: maxConcurrent || maxWaiting,
    ...optional('maxConnectAttempts', plugin.maxConnectAttempts),
    failfast: failFast,
    failover: plugin.failoverCodes.map(({ number }) => number),
    next: plugin.nextCodes.map(({ number }) => number),
    nextOnNodata,
  }
}
