import type { Table } from './rule.ts'

/** Lines of one table, in the order iptables-restore takes them: chains first. */
export interface TableLines {
  readonly table: Table
  readonly chains: readonly string[]
  readonly rules: readonly string[]
}

/** One `*table … COMMIT` block; nothing at all where there is nothing to say. */
export function formatTable({ table, chains, rules }: TableLines): string {
  if (chains.length + rules.length === 0) return ''
  return [`*${table}`, ...chains, ...rules, 'COMMIT', ''].join('\n')
}
