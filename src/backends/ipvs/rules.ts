import type { Family } from '../../net/family.ts'
import type { LocalDetector } from '../../plan/local-detector.ts'
import type { BaseRules } from '../../xtables/base-rules.ts'
import { matchLocal } from '../../xtables/match-local.ts'
import { appendLine, chainLine, type Rule, type Table } from '../../xtables/rule.ts'
import { formatTable } from '../../xtables/table-lines.ts'
import type { IpvsFragment } from './fragment.ts'
import { kernelSetName, type SetName } from './ip-set.ts'
import type { IpvsState } from './state.ts'

/** What of the rules is the node's. */
export interface MasqueradeOptions {
  /** Masquerade all traffic to cluster IPs (`--masquerade-all`). */
  readonly masqueradeAll: boolean
  /** Tells the traffic of pods; absent: nothing does. */
  readonly localDetector?: LocalDetector
}

/**
 * The rules as one iptables-restore --noflush document, nat first: kube-proxy's payload, without its jumps.
 *
 * @param fragments In the order of their keys.
 */
export function renderRules(
  base: BaseRules,
  fragments: readonly IpvsFragment[],
  { sets }: IpvsState,
  family: Family,
): string {
  const due = dueRules(base, filledSets(sets), family)
  return ipvsTables
    .map((table) => {
      const { chains, before, after } = due[table]
      const services = table === 'filter' ? fragments.flatMap((fragment) => fragment.filter) : []
      const rules = [...before, ...services, ...after]
      return formatTable({ table, chains: chains.map(chainLine), rules: rules.map(appendLine) })
    })
    .join('')
}

/** The base rules without those that ask about a set without members, unless they always stand. */
export function dueRules(base: BaseRules, filled: ReadonlySet<SetName>, family: Family): BaseRules {
  const names = new Set([...filled].map((set) => kernelSetName(set, family)))
  const due = (table: Table) => {
    const of = (rules: readonly Rule[]) => rules.filter((rule) => isDue(table, rule, names))
    return { ...base[table], before: of(base[table].before), after: of(base[table].after) }
  }
  return { ...base, nat: due('nat'), filter: due('filter') }
}

/** Those that have members. */
export function filledSets(sets: IpvsState['sets']): ReadonlySet<SetName> {
  return new Set([...sets].flatMap(([set, members]) => (members.size > 0 ? [set] : [])))
}

/** The base rules with the rule that asks for masquerading of traffic to cluster IPs as these options want it. */
export function withMasquerade(base: BaseRules, { masqueradeAll, localDetector }: MasqueradeOptions): BaseRules {
  if (!masqueradeAll && localDetector === undefined) return base
  const source = masqueradeAll || localDetector === undefined ? '' : ` ! ${matchLocal(localDetector)}`
  const before = base.nat.before.map(({ chain, spec }) => ({
    chain,
    spec: spec.replace(/ src,dst (?=-j KUBE-MARK-MASQ$)/, ` dst,dst${source} `),
  }))
  return { ...base, nat: { ...base.nat, before } }
}

const ipvsTables: readonly Table[] = ['nat', 'filter']

/** Chains of the filter table whose rules stand whether or not their sets have members. */
const constantChains: ReadonlySet<string> = new Set(['KUBE-NODE-PORT', 'KUBE-IPVS-FILTER'])

function isDue(table: Table, { chain, spec }: Rule, filled: ReadonlySet<string>): boolean {
  const set = /--match-set (\S+)/.exec(spec)?.[1]
  return set === undefined || filled.has(set) || (table === 'filter' && constantChains.has(chain))
}
