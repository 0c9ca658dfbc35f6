import type { BaseRules, Jumps } from './base-rules.ts'
import { formatTable } from './document.ts'
import { isOwnChain } from './own-chain.ts'
import { placedRuleKey } from './rule-key.ts'
import { ruleOptions } from './rule-options.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from './rule.ts'
import type { SavedRules } from './saved-rules.ts'

export interface Cleanup {
  /**
   * The iptables-restore --noflush document that removes everything of ours, and nothing else: the jumps, then the
   * chains. Empty when the kernel holds none of it.
   */
  readonly document: string
  /** Rules of others that lead to chains of ours: these chains stay, empty, because the kernel keeps what is in use. */
  readonly leading: readonly string[]
}

export function planCleanup(base: BaseRules, jumps: Jumps, kernel: SavedRules): Cleanup {
  const parts = tables.map((table) => cleanTable(table, base, jumps, kernel))
  return {
    document: parts.map(({ document }) => document).join(''),
    leading: parts.flatMap(({ leading }) => leading),
  }
}

function cleanTable(table: Table, base: BaseRules, jumps: Jumps, kernel: SavedRules): Cleanup {
  const isOurs = (chain: string) => isOwnChain(base, table, chain)
  const jumpKeys = new Set(jumps[table].map(placedRuleKey))
  const rules = [...kernel[table]].flatMap(([chain, specs]) => specs.map((spec) => ({ chain, spec })))
  const outside = rules.filter(({ chain }) => !isOurs(chain))
  const ourJumps = outside.filter((rule) => jumpKeys.has(placedRuleKey(rule)))
  const foreign = outside.filter((rule) => !jumpKeys.has(placedRuleKey(rule)) && isOurs(targetOf(rule)))
  const held = new Set(foreign.map(targetOf))
  const ours = [...kernel[table].keys()].filter(isOurs)
  return {
    document: formatTable({
      table,
      chains: ours.map(chainLine),
      rules: [
        ...ourJumps.map(({ chain, spec }) => `-D ${chain} ${spec}`),
        ...ours.filter((chain) => !held.has(chain)).map((chain) => `-X ${chain}`),
      ],
    }),
    leading: foreign.map((rule) => `${table}: ${appendLine(rule)}`),
  }
}

function targetOf({ spec }: Rule): string {
  return ruleOptions(spec).find(({ name }) => name === '-j' || name === '-g')?.value ?? ''
}
