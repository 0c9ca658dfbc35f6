import type { BaseRules } from '../../xtables/base-rules.ts'
import { chainsOf, type Desired } from './full-sync.ts'
import { copiesOf, isShared } from './inserted-rules.ts'
import { isOwnChain } from './own-chain.ts'
import { placedRuleKey, ruleKey } from './rule-key.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** One chain of ours, or our rules in a chain that is not. */
export interface OwnedChain {
  readonly table: Table
  readonly chain: string
  /** False for a chain of others, in which we have but some rules. */
  readonly whole: boolean
  /** Its rules, without `-A <chain>`. */
  readonly specs: readonly string[]
  /** As iptables-save words them, each with the key that makes two ways of writing it equal. */
  readonly lines: readonly { readonly key: string; readonly text: string }[]
}

/** Everything of ours that should be in the kernel: our chains, and our rules in chains that are not ours. */
export function desiredChains({ base, fragments }: Desired): readonly OwnedChain[] {
  return tables.flatMap((table) => [
    ...chainNames(base[table].inserted).map((chain) => insertedLines(table, chain, base[table].inserted)),
    ...[...chainsOf(table, base, fragments)].map(([chain, specs]) => ownedChain(table, chain, specs)),
  ])
}

/** Everything of ours that is in the kernel. Of chains that are not ours only our rules count. */
export function savedChains({ base }: Desired, kernel: SavedRules): readonly OwnedChain[] {
  return tables.flatMap((table) => [
    ...chainNames(base[table].inserted).map((chain) =>
      insertedLines(table, chain, insertedCopies(base, table, kernel)),
    ),
    ...[...kernel[table]]
      .filter(([chain]) => isOwnChain(base, table, chain))
      .map(([chain, specs]) => ownedChain(table, chain, specs)),
  ])
}

/** The kernel's copies of the rules that we insert. What others have put there besides is theirs, so of a shared rule one counts. */
function insertedCopies(base: BaseRules, table: Table, kernel: SavedRules): readonly Rule[] {
  return base[table].inserted.flatMap((rule) => {
    const copies = copiesOf(rule, kernel[table]).map((spec) => ({ chain: rule.chain, spec }))
    return isShared(base[table], rule) ? copies.slice(0, 1) : copies
  })
}

/** The rule that a line of {@link OwnedChain} stands for, without `-A <chain>`; undefined for the one that declares it. */
export function specOf(chain: string, line: string): string | undefined {
  return line === chainLine(chain) ? undefined : line.slice(appendLine({ chain, spec: '' }).length)
}

function ownedChain(table: Table, chain: string, specs: readonly string[]): OwnedChain {
  const declared = { key: '', text: chainLine(chain) }
  const rules = specs.map((spec) => ({ key: ruleKey(spec), text: appendLine({ chain, spec }) }))
  return { table, chain, whole: true, specs, lines: [declared, ...rules] }
}

/** Where our rules stand among those of others does not matter to us, so they are compared in the order of their keys. */
function insertedLines(table: Table, chain: string, inserted: readonly Rule[]): OwnedChain {
  const rules = inserted.filter((rule) => rule.chain === chain)
  const lines = rules
    .map((rule) => ({ key: placedRuleKey(rule), text: appendLine(rule) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  return { table, chain, whole: false, specs: rules.map(({ spec }) => spec), lines }
}

function chainNames(rules: readonly Rule[]): readonly string[] {
  return [...new Set(rules.map((rule) => rule.chain))]
}
