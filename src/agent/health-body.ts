import { isHealthy, type RulesHealth } from './proxy-health.ts'

/** An answer about health: what a load balancer or the kubelet decides by, and the text for people and parsers. */
export interface HealthAnswer {
  readonly status: 200 | 503
  /** JSON on one line, byte for byte kube-proxy's as long as there are no problems. */
  readonly body: string
}

/** What /healthz says besides the health of rules. */
export interface NodeHealth {
  /** The Node is there and is not about to be deleted. */
  readonly nodeEligible: boolean
  /** Sentences of our own: with one, /healthz is 503. */
  readonly problems: readonly string[]
}

/** @param nowMs Milliseconds since 1970. */
export function livezAnswer(rules: RulesHealth, nowMs: number): HealthAnswer {
  return answer(isHealthy(rules), rules, nowMs, {})
}

/** @param nowMs Milliseconds since 1970. */
export function healthzAnswer(rules: RulesHealth, { nodeEligible, problems }: NodeHealth, nowMs: number): HealthAnswer {
  const ready = isHealthy(rules) && nodeEligible && problems.length === 0
  return answer(ready, rules, nowMs, { nodeEligible, problems })
}

function answer(ok: boolean, rules: RulesHealth, nowMs: number, node: Partial<NodeHealth>): HealthAnswer {
  const { nodeEligible, problems = [] } = node
  const lastUpdates = [...rules.values()].map(({ lastUpdatedMs }) => lastUpdatedMs)
  const families = [...rules].map(([family, { lastUpdatedMs, healthy }]) => [
    family,
    { lastUpdated: goTime(lastUpdatedMs), healthy },
  ])
  const body = JSON.stringify({
    // Where all is well, load balancers have always been told the present.
    lastUpdated: ok ? goTime(nowMs) : lastUpdates.length === 0 ? goZeroTime : goTime(Math.max(...lastUpdates)),
    currentTime: goTime(nowMs),
    ...(nodeEligible !== undefined && { nodeEligible }),
    healthy: isHealthy(rules),
    ...(families.length > 0 && { status: Object.fromEntries(families) }),
    ...(problems.length > 0 && { problems }),
  })
  return { status: ok ? 200 : 503, body }
}

/** What Go writes for a time that was never set. */
const goZeroTime = '0001-01-01T00:00:00Z'

/** As Go's RFC3339Nano writes it, without zeros at the end: `2026-03-01T12:00:00.05Z`, `2026-03-01T12:00:00Z`. */
function goTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
}
