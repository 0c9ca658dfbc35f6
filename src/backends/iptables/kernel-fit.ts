import type { BaseRules } from '../../xtables/base-rules.ts'
import { counterNames, matchCounter, type CounterName } from './counter.ts'
import { ruleOptions } from './rule-options.ts'

/** What rules depend on in the kernel that they are for. */
export interface KernelFacts {
  /** Counters that rules may name. */
  readonly counters: readonly CounterName[]
  /** Whether packets that conntrack cannot place are dropped: not where `nf_conntrack_tcp_be_liberal` makes it place them. */
  readonly dropInvalid: boolean
}

/** What is taken for granted where rules are rendered for no kernel in particular. */
export const plainKernel: KernelFacts = { counters: [], dropInvalid: true }

/** The base rules without the counters that this kernel has not, and without the drop that it does not need. */
export function fitToKernel(base: BaseRules, { counters, dropInvalid }: KernelFacts): BaseRules {
  const absent = counterNames.filter((name) => !counters.includes(name)).map((name) => ` ${matchCounter(name)}`)
  const after = base.filter.after
    .filter(({ spec }) => dropInvalid || !matchesInvalid(spec))
    .map(({ chain, spec }) => ({ chain, spec: absent.reduce((text, match) => text.replace(match, ''), spec) }))
  return { ...base, filter: { ...base.filter, after } }
}

function matchesInvalid(spec: string): boolean {
  return ruleOptions(spec).some(({ name, value }) => name === '--ctstate' && value === 'INVALID')
}
