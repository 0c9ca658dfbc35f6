import { tables, type Table } from '../../xtables/rule.ts'
import type { ExpectedChain, ExpectedChains } from './expected-chains.ts'
import { isSameRule } from './rule-key.ts'

/** What `iptables-save` says of one table: each chain's rules, as the tool prints them, without `-A <chain>`. */
export type SavedTable = ReadonlyMap<string, readonly string[]>

export type SavedRules = Readonly<Record<Table, SavedTable>>

const nothing: Pick<ExpectedChains, 'find'> = { find: () => undefined }
const noRules: readonly string[] = []

/**
 * Reads iptables-save output line by line; tables that we do not write to are passed over. Chains and rules of the nat table that
 * say what is expected are kept as the texts that are expected: a kernel that is right takes next to no memory.
 */
export class SavedRulesReader {
  readonly #rules: Record<Table, Map<string, readonly string[]>> = {
    filter: new Map(),
    nat: new Map(),
    mangle: new Map(),
    raw: new Map(),
  }
  readonly #expected: Pick<ExpectedChains, 'find'>
  #table: Table | undefined
  /** The chain whose rules come just now, and those that have come. */
  #chain: ExpectedChain = { name: '', rules: [] }
  #specs: string[] = []

  constructor(expected: Pick<ExpectedChains, 'find'> = nothing) {
    this.#expected = expected
  }

  /** All that was read. */
  get rules(): SavedRules {
    this.#endChain()
    return this.#rules
  }

  take(line: string): void {
    if (line.startsWith('*')) {
      this.#endChain()
      this.#table = tables.find((name) => line === `*${name}`)
    } else if (this.#table !== undefined) this.#takeOf(this.#table, line)
  }

  #takeOf(table: Table, line: string): void {
    if (line.startsWith(':')) {
      this.#rules[table].set(this.#find(table, line.slice(1, line.indexOf(' '))).name, noRules)
    } else if (line.startsWith('-A ')) {
      const end = line.indexOf(' ', 3)
      // A rule without any match or target is printed as the chain name alone.
      const [chain, spec] = end < 0 ? [line.slice(3), ''] : [line.slice(3, end), line.slice(end + 1)]
      if (chain !== this.#chain.name) {
        this.#endChain()
        this.#chain = this.#find(table, chain)
      }
      const expected = this.#chain.rules[this.#specs.length]?.spec
      this.#specs.push(expected !== undefined && isSameRule(expected, spec) ? expected : spec)
    }
  }

  #find(table: Table, name: string): ExpectedChain {
    return (table === 'nat' ? this.#expected.find(name) : undefined) ?? { name, rules: [] }
  }

  #endChain(): void {
    const { name } = this.#chain
    const chains = this.#table && this.#rules[this.#table]
    const before = chains?.get(name)
    // An array that has grown, also from parts that are spread, keeps room for more.
    if (before !== undefined && this.#specs.length > 0) chains?.set(name, before.concat(this.#specs))
    this.#chain = { name: '', rules: [] }
    this.#specs = []
  }
}

/** All at once. */
export function parseSavedRules(text: string): SavedRules {
  const reader = new SavedRulesReader()
  for (const line of text.split('\n')) reader.take(line)
  return reader.rules
}

/** What `iptables -S` prints of one table, as `iptables-save` would print it, without counts. */
export function savedForm(table: Table, listed: string): string {
  const lines = listed.replaceAll(/^-P (\S+) (\S+)$/gm, ':$1 $2 [0:0]').replaceAll(/^-N (\S+)$/gm, ':$1 - [0:0]')
  return `*${table}\n${lines}COMMIT\n`
}
