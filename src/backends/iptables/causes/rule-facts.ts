import type { RuleOption } from '../rule-options.ts'
import { targetOf, valueOf, type RuleForm, type ServiceRule } from './service-rule.ts'

/** Something that the rules of a port say. */
export type Aspect =
  | 'cluster IP'
  | 'service port'
  | 'external IP'
  | 'load balancer IP'
  /** An external or load balancer IP that is refused: the rule does not say which. */
  | 'external address'
  | 'node port'
  | 'endpoint'
  | 'endpoint under policy Cluster'
  | 'endpoint under policy Local'
  | 'source range'
  | 'session affinity'
  | 'internal traffic policy'
  | 'external traffic policy'
  | 'masquerading'
  | 'source of pod traffic'
  /** `served`, `refused` or `dropped`. */
  | 'traffic to the cluster IP'
  | 'traffic from outside'

export type Fact = readonly [aspect: Aspect, value: string]

/** What one rule says by itself. Which endpoint it leads to takes another rule. */
export function ruleFacts(rule: ServiceRule): readonly Fact[] {
  return readers[rule.form]?.(rule) ?? []
}

const readers: Partial<Record<RuleForm, (rule: ServiceRule) => readonly Fact[]>> = {
  'cluster IP': (rule) => [
    ['cluster IP', address(rule)],
    ['service port', port(rule)],
    ['traffic to the cluster IP', 'served'],
    ['internal traffic policy', targetOf(rule).startsWith('KUBE-SVL-') ? 'Local' : 'Cluster'],
  ],
  'refused cluster IP': (rule) => [
    ['cluster IP', address(rule)],
    ['service port', port(rule)],
    ['traffic to the cluster IP', verdict(rule)],
    // Without any endpoint both policies refuse.
    ...(verdict(rule) === 'dropped' ? [['internal traffic policy', 'Local'] as const] : []),
  ],
  'external IP': (rule) => [
    ['external IP', address(rule)],
    ['traffic from outside', 'served'],
  ],
  'load balancer IP': (rule) => [
    ['load balancer IP', address(rule)],
    ['traffic from outside', 'served'],
  ],
  'node port': (rule) => [
    ['node port', port(rule)],
    ['traffic from outside', 'served'],
  ],
  'refused address': (rule) => [
    ['external address', address(rule)],
    ['traffic from outside', verdict(rule)],
  ],
  'refused node port': (rule) => [
    ['node port', port(rule)],
    ['traffic from outside', verdict(rule)],
  ],
  'masquerade cluster IP': ({ options }) => [['masquerading', masqueraded(options)]],
  affinity: ({ options }) => [['session affinity', `${valueOf(options, '--seconds')} s`]],
  'masquerade outside': () => [['external traffic policy', 'Cluster']],
  'masquerade node': () => [['external traffic policy', 'Local']],
  pods: ({ options }) => [['source of pod traffic', valueOf(options, '-s') ?? valueOf(options, '-i') ?? '']],
  'source range': ({ options }) => [['source range', withoutHostBits(valueOf(options, '-s') ?? 'every address')]],
}

function address({ options }: ServiceRule): string {
  return withoutHostBits(valueOf(options, '-d') ?? '')
}

function port({ options }: ServiceRule): string {
  return valueOf(options, '--dport') ?? ''
}

function verdict({ options }: ServiceRule): 'dropped' | 'refused' {
  return valueOf(options, '-j') === 'DROP' ? 'dropped' : 'refused'
}

function masqueraded(options: readonly RuleOption[]): string {
  const pods = options.find(({ negated }) => negated)
  return pods === undefined ? 'all traffic' : `all but ${pods.value}`
}

/** `10.0.0.1` of `10.0.0.1/32`. */
export function withoutHostBits(network: string): string {
  return network.replace(network.includes(':') ? /\/128$/ : /\/32$/, '')
}
