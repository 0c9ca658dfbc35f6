import type { BaseRules } from '../../xtables/base-rules.ts'
import { isOwnChain } from './own-chain.ts'
import { placedRuleKey } from './rule-key.ts'
import { ruleTarget } from './rule-options.ts'
import type { Rule, Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** Rules that stand in chains of others: those that we insert there, and those of others that lead to chains of ours. */
export interface OutsideRules {
  readonly inserted: readonly Rule[]
  readonly leading: readonly Rule[]
}

export function outsideRules(base: BaseRules, table: Table, kernel: SavedRules): OutsideRules {
  const keys = new Set(base[table].inserted.map(placedRuleKey))
  const isOurs = (chain: string) => isOwnChain(base, table, chain)
  const inserted: Rule[] = []
  const leading: Rule[] = []
  for (const [chain, specs] of kernel[table]) {
    if (isOurs(chain)) continue
    for (const spec of specs) {
      const rule = { chain, spec }
      if (keys.has(placedRuleKey(rule))) inserted.push(rule)
      else if (isOurs(ruleTarget(spec))) leading.push(rule)
    }
  }
  return { inserted, leading }
}
