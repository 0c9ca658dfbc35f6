import type { Family } from '../../../net/family.ts'
import { specOf } from '../owned-rules.ts'
import type { RuleSide } from './rule-side.ts'
import type { Table } from '../../../xtables/rule.ts'

/** The two sides of a comparison in one family. */
export interface FamilySides {
  readonly family: Family
  readonly old: RuleSide
  readonly now: RuleSide
}

/** The lines of one chain that differ, as {@link OwnedChain} has them. */
export interface ChainChange {
  readonly family: Family
  readonly table: Table
  readonly chain: string
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

/** The specifications of those lines that are rules. */
export function specsOf(chain: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => specOf(chain, line) ?? [])
}

/** Whether the lines hold the one that declares the chain: the chain itself comes or goes. */
export function declares(chain: string, lines: readonly string[]): boolean {
  return lines.some((line) => specOf(chain, line) === undefined)
}
