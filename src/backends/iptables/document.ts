import type { BaseRules, BaseTable } from './base-rules.ts'
import type { PortFragment, ServiceFragment } from './fragment.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from './rule.ts'

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

/**
 * The whole ruleset as one iptables-restore document: kube-proxy's payload of a full sync, byte for byte, its services
 * in the order given.
 */
export function renderDocument(base: BaseRules, fragments: readonly ServiceFragment[]): string {
  return tables.map((table) => formatTable(wholeTable(table, base, fragments))).join('')
}

/** One table in kube-proxy's order, or only the chains that `includes` names. */
export function wholeTable(
  table: Table,
  base: BaseRules,
  fragments: readonly ServiceFragment[],
  includes: (chain: string) => boolean = () => true,
): TableLines {
  const chains: string[] = []
  const rules: string[] = []
  const addChain = (chain: string) => includes(chain) && chains.push(chainLine(chain))
  const addRule = (rule: Rule) => includes(rule.chain) && rules.push(appendLine(rule))
  const { before, after, chains: baseChains }: BaseTable = base[table]
  baseChains.forEach(addChain)
  before.forEach(addRule)
  for (const fragment of fragments) {
    for (const port of fragment.ports) {
      if (table === 'nat') port.chains.forEach(addChain)
      for (const list of portRules(port, table)) list.forEach(addRule)
    }
  }
  after.forEach(addRule)
  return { table, chains, rules }
}

function portRules(port: PortFragment, table: Table): readonly (readonly Rule[])[] {
  return table === 'filter' ? [port.filter] : [port.dispatch, port.own]
}

/** The rules of a service in the chains that all services share, in order. */
export function sharedRules(fragment: ServiceFragment | undefined, table: Table): readonly Rule[] {
  return fragment?.ports.flatMap((port) => (table === 'filter' ? port.filter : port.dispatch)) ?? []
}

/** How many rules of ours each table has. */
export function countRules(base: BaseRules, fragments: Iterable<ServiceFragment>): Readonly<Record<Table, number>> {
  const counts = { filter: 0, nat: 0 }
  for (const table of tables) counts[table] += base[table].before.length + base[table].after.length
  for (const { ports } of fragments) {
    for (const port of ports) {
      for (const table of tables) for (const rules of portRules(port, table)) counts[table] += rules.length
    }
  }
  return counts
}

/** How many rules a document adds to each table. */
export function countAdded(document: string): Readonly<Record<Table, number>> {
  const counts = { filter: 0, nat: 0 }
  for (const part of document.split(/^COMMIT$/m)) {
    const table = tables.find((name) => part.trimStart().startsWith(`*${name}`))
    if (table !== undefined) counts[table] += part.match(/^-[AI] /gm)?.length ?? 0
  }
  return counts
}
