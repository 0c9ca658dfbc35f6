import type { BaseRules } from '../../xtables/base-rules.ts'
import { formatTable } from '../../xtables/table-lines.ts'
import { outsideRules } from './foreign-rules.ts'
import { isShared } from './inserted-rules.ts'
import { isOwnChain } from './own-chain.ts'
import { ruleTarget } from './rule-options.ts'
import { appendLine, chainLine, tables, type Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

export interface Cleanup {
  /**
   * The iptables-restore --noflush document that removes everything of ours, and nothing else: the jumps, then the
   * chains. Empty when the kernel holds none of it.
   */
  readonly document: string
  /** Rules of others that lead to chains of ours: these chains stay, empty, because the kernel keeps what is in use. */
  readonly leading: readonly string[]
  /** Chains that hold a rule which others may need as we did: they stay as they are, and so do the jumps to them. */
  readonly kept: readonly string[]
}

export function planCleanup(base: BaseRules, kernel: SavedRules): Cleanup {
  return joinCleanups(tables.map((table) => cleanTable(table, base, kernel)))
}

/** Several as one, in their order. */
export function joinCleanups(parts: readonly Cleanup[]): Cleanup {
  return {
    document: parts.map(({ document }) => document).join(''),
    leading: parts.flatMap(({ leading }) => leading),
    kept: parts.flatMap(({ kept }) => kept),
  }
}

/** The same for one table. */
export function cleanTable(table: Table, base: BaseRules, kernel: SavedRules): Cleanup {
  const { sharedChains } = base[table]
  const isOurs = (chain: string) => isOwnChain(base, table, chain)
  const { inserted: inserts, leading: foreign } = outsideRules(base, table, kernel)
  const held = new Set(foreign.map(({ spec }) => ruleTarget(spec)))
  const ours = [...kernel[table].keys()].filter(isOurs)
  return {
    document: formatTable({
      table,
      chains: ours.map(chainLine),
      rules: [
        ...inserts.filter((rule) => !isShared(base[table], rule)).map(({ chain, spec }) => `-D ${chain} ${spec}`),
        ...ours.filter((chain) => !held.has(chain)).map((chain) => `-X ${chain}`),
      ],
    }),
    leading: foreign.map((rule) => `${table}: ${appendLine(rule)}`),
    kept: sharedChains.filter((shared) => inserts.some(({ chain }) => chain === shared)),
  }
}
