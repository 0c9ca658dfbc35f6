import { chainsOf, type Desired } from './full-sync.ts'
import { isOwnChain } from './own-chain.ts'
import { placedRuleKey, ruleKey } from './rule-key.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from './rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** The lines of one chain, as iptables-save words them, each with the key that makes two ways of writing it equal. */
export interface OwnedChain {
  readonly table: Table
  readonly chain: string
  readonly lines: readonly { readonly key: string; readonly text: string }[]
}

/** Everything of ours that should be in the kernel: our chains, and our jumps in the chains of the kernel. */
export function desiredChains({ base, jumps, fragments }: Desired): readonly OwnedChain[] {
  return tables.flatMap((table) => [
    ...jumpChains(jumps[table]).map((chain) => jumpLines(table, chain, jumps[table])),
    ...[...chainsOf(table, base, fragments)].map(([chain, specs]) => ownedChain(table, chain, specs)),
  ])
}

/** Everything of ours that is in the kernel. Of the kernel's own chains only our jumps count. */
export function savedChains({ base, jumps }: Desired, kernel: SavedRules): readonly OwnedChain[] {
  return tables.flatMap((table) => [
    ...jumpChains(jumps[table]).map((chain) => {
      const keys = new Set(jumps[table].map(placedRuleKey))
      const present = (kernel[table].get(chain) ?? []).map((spec) => ({ chain, spec }))
      return jumpLines(
        table,
        chain,
        present.filter((rule) => keys.has(placedRuleKey(rule))),
      )
    }),
    ...[...kernel[table]]
      .filter(([chain]) => isOwnChain(base, table, chain))
      .map(([chain, specs]) => ownedChain(table, chain, specs)),
  ])
}

function ownedChain(table: Table, chain: string, specs: readonly string[]): OwnedChain {
  const declared = { key: '', text: chainLine(chain) }
  const rules = specs.map((spec) => ({ key: ruleKey(spec), text: appendLine({ chain, spec }) }))
  return { table, chain, lines: [declared, ...rules] }
}

/** Where our jumps stand among foreign rules does not matter to us, so they are compared in the order of their keys. */
function jumpLines(table: Table, chain: string, jumps: readonly Rule[]): OwnedChain {
  const lines = jumps
    .filter((jump) => jump.chain === chain)
    .map((jump) => ({ key: placedRuleKey(jump), text: appendLine(jump) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  return { table, chain, lines }
}

function jumpChains(jumps: readonly Rule[]): readonly string[] {
  return [...new Set(jumps.map((jump) => jump.chain))]
}
