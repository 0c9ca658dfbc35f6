import type { BaseRules, BaseTable } from '../../xtables/base-rules.ts'
import type { TableLines } from '../../xtables/table-lines.ts'
import { ruleKey } from './rule-key.ts'
import { ruleTarget } from './rule-options.ts'
import type { Rule } from '../../xtables/rule.ts'
import type { SavedRules, SavedTable } from './saved-rules.ts'

/**
 * Adds what makes the rules of ours in chains that are not ours stand there once: those that are missing are inserted, in
 * shared chains that are made where they are missing, and of those that somebody has doubled all but one go.
 */
export function withInserted(lines: TableLines, base: BaseRules, kernel: SavedRules): TableLines {
  const { inserted, sharedChains } = base[lines.table]
  const saved = kernel[lines.table]
  const edits = inserted.flatMap((rule) => {
    const { chain, spec } = rule
    const copies = copiesOf(rule, saved).length
    if (copies === 0) return [`-I ${chain} ${spec}`]
    return isShared(base[lines.table], rule) ? [] : Array<string>(copies - 1).fill(`-D ${chain} ${spec}`)
  })
  // Not `:chain`, which would empty one that somebody else has made since the kernel was read; this fails instead.
  const created = sharedChains.filter((chain) => !saved.has(chain)).map((chain) => `-N ${chain}`)
  return { ...lines, chains: [...lines.chains, ...created], rules: [...lines.rules, ...edits] }
}

/** The rules of the kernel that say the same, as it prints them. */
export function copiesOf({ chain, spec }: Rule, saved: SavedTable): readonly string[] {
  const key = ruleKey(spec)
  return (saved.get(chain) ?? []).filter((other) => ruleKey(other) === key)
}

/** Whether others may have put the same rule there for themselves, so that it is not ours to take away. */
export function isShared({ sharedChains }: BaseTable, { chain, spec }: Rule): boolean {
  return sharedChains.includes(chain) || sharedChains.includes(ruleTarget(spec))
}
