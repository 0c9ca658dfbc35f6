import type { BaseRules, BaseTable } from '../../xtables/base-rules.ts'
import { canaryChain } from './canary.ts'
import type { PortFragment, ServiceFragment } from './fragment.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from '../../xtables/rule.ts'
import { textsOf, type RestoreDocument } from '../../xtables/restore-document.ts'
import { formatTable, type TableLines } from '../../xtables/table-lines.ts'

/**
 * The whole ruleset as one iptables-restore document: kube-proxy's payload of a full sync, byte for byte, its services
 * in the order given. It has no jumps and no canary, and like kube-proxy's it empties the chains that others use too.
 */
export function renderDocument(base: BaseRules, fragments: readonly ServiceFragment[]): string {
  return tables.map((table) => formatTable(payloadTable(table, base, fragments))).join('')
}

function payloadTable(table: Table, base: BaseRules, fragments: readonly ServiceFragment[]): TableLines {
  const { inserted, sharedChains } = base[table]
  const { chains, rules } = wholeTable(table, base, fragments, (chain) => chain !== canaryChain)
  const shared = inserted.filter((rule) => sharedChains.includes(rule.chain))
  return { table, chains: [...chains, ...sharedChains.map(chainLine)], rules: [...shared.map(appendLine), ...rules] }
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

/** The rules of a service port in one table, in the order kube-proxy writes them. */
function portRules(port: PortFragment, table: Table): readonly (readonly Rule[])[] {
  return table === 'nat' ? [port.dispatch, port.own] : [sharedPortRules(port, table)]
}

/** The rules of a service in the chains that all services share, in order. */
export function sharedRules(fragment: ServiceFragment | undefined, table: Table): readonly Rule[] {
  return fragment?.ports.flatMap((port) => sharedPortRules(port, table)) ?? []
}

function sharedPortRules(port: PortFragment, table: Table): readonly Rule[] {
  switch (table) {
    case 'filter':
      return port.filter
    case 'nat':
      return port.dispatch
    case 'mangle':
    case 'raw':
      return []
  }
}

/** How many rules of ours each table has. */
export function countRules(base: BaseRules, fragments: Iterable<ServiceFragment>): Readonly<Record<Table, number>> {
  const counts: Record<Table, number> = { raw: 0, mangle: 0, filter: 0, nat: 0 }
  for (const table of tables) counts[table] += base[table].before.length + base[table].after.length
  for (const { ports } of fragments) {
    for (const port of ports) {
      for (const table of tables) for (const rules of portRules(port, table)) counts[table] += rules.length
    }
  }
  return counts
}

/** How many rules a document adds to each table. */
export function countAdded(document: RestoreDocument): Readonly<Record<Table, number>> {
  const counts: Record<Table, number> = { raw: 0, mangle: 0, filter: 0, nat: 0 }
  for (const text of textsOf(document)) {
    for (const part of text.split(/^COMMIT$/m)) {
      const table = tables.find((name) => part.trimStart().startsWith(`*${name}`))
      if (table !== undefined) counts[table] += part.match(/^-[AI] /gm)?.length ?? 0
    }
  }
  return counts
}
