import type { Cause } from './cause.ts'
import { declares, type ChainChange } from './chain-change.ts'
import { unpairedRules } from './rewritten.ts'
import { parseServiceRule, type RuleForm } from './service-rule.ts'

/**
 * Whether the causes tell of every rule of a service that came or went. A chain that comes, goes or was flushed is told
 * of as a whole.
 */
export function isExplained(changes: readonly ChainChange[], causes: readonly Cause[]): boolean {
  const kinds = new Set(causes.map(({ kind }) => kind))
  const whole = new Set(causes.flatMap((cause) => (cause.kind === 'empty chain' && 'has' in cause ? cause.has : [])))
  return changes.every((change) => {
    const { table, chain, removed, added } = change
    if (whole.has(chain) || declares(chain, [...removed, ...added])) return true
    const forms = unpairedRules(change).map((spec) => parseServiceRule(table, chain, spec)?.form)
    // What has no form of ours has a cause of its own.
    return forms.every((form) => form === undefined || told[form].some((kind) => kinds.has(kind)))
  })
}

const comesOrGoes = ['new', 'removed']
const inside = [...comesOrGoes, 'cluster IP', 'service port', 'traffic', 'internal traffic policy']
const outside = [...comesOrGoes, 'external IP', 'load balancer IP', 'external address', 'service port', 'traffic']
const nodePort = [...comesOrGoes, 'node port', 'traffic']
const spread = ['endpoint', 'endpoint under policy Cluster', 'endpoint under policy Local']

/** The causes that bring or take a rule of each form. */
const told: Readonly<Record<RuleForm, readonly string[]>> = {
  'cluster IP': inside,
  'refused cluster IP': inside,
  'masquerade cluster IP': [...inside, 'masquerading'],
  'external IP': outside,
  'load balancer IP': [...outside, 'source range'],
  'firewalled IP': [...outside, 'source range'],
  'refused address': [...outside, 'external traffic policy'],
  'node port': nodePort,
  'refused node port': [...nodePort, 'external traffic policy'],
  'health check node port': [...comesOrGoes, 'health check node port'],
  endpoint: spread,
  affinity: [...spread, 'session affinity'],
  'masquerade outside': ['external traffic policy'],
  'masquerade node': ['external traffic policy'],
  pods: ['external traffic policy', 'source of pod traffic'],
  route: ['external traffic policy', 'traffic'],
  'source range': ['source range', 'load balancer IP'],
  'source range note': [],
  hairpin: [],
  translate: ['session affinity'],
}
