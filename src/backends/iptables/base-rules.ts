import { tables, type Rule, type Table } from './rule.ts'

/** The static part of one table: what stands in the kernel besides the rules of each service. */
export interface BaseTable {
  readonly chains: readonly string[]
  /** Rules in front of those of the services. */
  readonly before: readonly Rule[]
  /** Rules behind those of the services. */
  readonly after: readonly Rule[]
}

export type BaseRules = Readonly<Record<Table, BaseTable>>

/** A jump from a chain of the kernel into one of ours. */
export type Jumps = Readonly<Record<Table, readonly Rule[]>>

/** Reads `rulesets/base/iptables-<family>.rules`; a SyntaxError names the line that is not of that form. */
export function parseBaseRules(text: string): BaseRules {
  const sections = {
    filter: { chains: new Array<string>(), before: new Array<Rule>(), after: new Array<Rule>() },
    nat: { chains: new Array<string>(), before: new Array<Rule>(), after: new Array<Rule>() },
  }
  let table: Table | undefined
  let side: 'before' | 'after' = 'before'
  for (const [i, line] of text.split('\n').entries()) {
    const chain = /^:(\S+) - \[0:0\]$/.exec(line)?.[1]
    const rule = parseRuleLine(line, '-A')
    if (line.startsWith('*')) [table, side] = [tableOf(line, i), 'before']
    else if (line.startsWith('# services')) side = 'after'
    else if (chain !== undefined && table !== undefined) sections[table].chains.push(chain)
    else if (rule !== undefined && table !== undefined) sections[table][side].push(rule)
    else if (!isFiller(line)) throw unexpectedLine(line, i)
  }
  return sections
}

/** Reads `rulesets/base/iptables-jumps.rules`. */
export function parseJumps(text: string): Jumps {
  const jumps: Record<Table, Rule[]> = { filter: [], nat: [] }
  let table: Table | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const rule = parseRuleLine(line, '-I')
    if (line.startsWith('*')) table = tableOf(line, i)
    else if (rule !== undefined && table !== undefined) jumps[table].push(rule)
    else if (!isFiller(line)) throw unexpectedLine(line, i)
  }
  return jumps
}

function parseRuleLine(line: string, command: '-A' | '-I'): Rule | undefined {
  const [word, chain, ...spec] = line.split(' ')
  return word === command && chain !== undefined ? { chain, spec: spec.join(' ') } : undefined
}

function tableOf(line: string, index: number): Table {
  const table = tables.find((name) => line === `*${name}`)
  if (table === undefined) throw unexpectedLine(line, index)
  return table
}

function isFiller(line: string): boolean {
  return line === '' || line === 'COMMIT' || line.startsWith('#')
}

function unexpectedLine(line: string, index: number): SyntaxError {
  return new SyntaxError(`Cannot read base rules, line ${index + 1}: unexpected "${line}"`)
}
