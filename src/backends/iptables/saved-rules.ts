import { tables, type Table } from '../../xtables/rule.ts'

/** What `iptables-save` says of one table: each chain's rules, as the tool prints them, without `-A <chain>`. */
export type SavedTable = ReadonlyMap<string, readonly string[]>

export type SavedRules = Readonly<Record<Table, SavedTable>>

/** Reads iptables-save output; tables that we do not write to are passed over. */
export function parseSavedRules(text: string): SavedRules {
  const saved: Record<Table, Map<string, string[]>> = {
    filter: new Map(),
    nat: new Map(),
    mangle: new Map(),
    raw: new Map(),
  }
  let table: Map<string, string[]> | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      const name = tables.find((candidate) => line === `*${candidate}`)
      table = name && saved[name]
    } else if (line.startsWith(':')) {
      table?.set(line.slice(1, line.indexOf(' ')), [])
    } else if (line.startsWith('-A ')) {
      const end = line.indexOf(' ', 3)
      // A rule without any match or target is printed as the chain name alone.
      const [chain, spec] = end < 0 ? [line.slice(3), ''] : [line.slice(3, end), line.slice(end + 1)]
      table?.get(chain)?.push(spec)
    }
  }
  return saved
}

/** What `iptables -S` prints of one table, as `iptables-save` would print it, without counts. */
export function savedForm(table: Table, listed: string): string {
  const lines = listed.replaceAll(/^-P (\S+) (\S+)$/gm, ':$1 $2 [0:0]').replaceAll(/^-N (\S+)$/gm, ':$1 - [0:0]')
  return `*${table}\n${lines}COMMIT\n`
}
