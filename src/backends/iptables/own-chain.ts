import type { BaseRules } from '../../xtables/base-rules.ts'
import { isPortChain } from './chain-name.ts'
import type { Table } from '../../xtables/rule.ts'

/** Whether a chain is ours to write and to remove: a fixed one, or one of a service, which stand in the nat table only. */
export function isOwnChain(base: BaseRules, table: Table, chain: string): boolean {
  return base[table].chains.includes(chain) || (table === 'nat' && isPortChain(chain))
}
