import { appendLine, tables, type Rule, type Table } from './rule.ts'

/** The static part of one table: what stands in the kernel besides the rules of each service. */
export interface BaseTable {
  /** Chains of ours, which we write whole. */
  readonly chains: readonly string[]
  /** Rules in front of those of the services. */
  readonly before: readonly Rule[]
  /** Rules behind those of the services. */
  readonly after: readonly Rule[]
  /** Rules of ours in chains that are not ours, each inserted at the top where it is missing. */
  readonly inserted: readonly Rule[]
  /** Chains that others use too: made where they are missing, never emptied, never deleted. */
  readonly sharedChains: readonly string[]
}

export type BaseRules = Readonly<Record<Table, BaseTable>>

/**
 * Reads a file of `rulesets/base`; a SyntaxError names the line that is not of that form. `:chain` declares a chain of
 * ours and `-N chain` one that we share, `-A` is a rule in a chain of ours and `-I` one in a chain that is not, and a
 * comment that begins with `# services` is the place of the rules of the services.
 */
export function parseBaseRules(text: string): BaseRules {
  const sections = { filter: emptySection(), nat: emptySection(), mangle: emptySection(), raw: emptySection() }
  let table: Table | undefined
  let side: 'before' | 'after' = 'before'
  for (const [i, line] of text.split('\n').entries()) {
    if (line.startsWith('*')) [table, side] = [tableOf(line, i), 'before']
    else if (line.startsWith('# services')) side = 'after'
    else if (table === undefined || !readLine(line, sections[table], side)) {
      if (!isFiller(line)) throw unexpectedLine(line, i)
    }
  }
  return sections
}

/** Puts the parts of several files together, in their order. */
export function joinBaseRules(parts: readonly BaseRules[]): BaseRules {
  const join = (table: Table): BaseTable => ({
    chains: parts.flatMap((part) => part[table].chains),
    before: parts.flatMap((part) => part[table].before),
    after: parts.flatMap((part) => part[table].after),
    inserted: parts.flatMap((part) => part[table].inserted),
    sharedChains: parts.flatMap((part) => part[table].sharedChains),
  })
  return { filter: join('filter'), nat: join('nat'), mangle: join('mangle'), raw: join('raw') }
}

/** What `base` has and `other` has not: chains of its own and rules that it inserts. */
export function subtractBaseRules(base: BaseRules, other: BaseRules): BaseRules {
  const subtract = (table: Table): BaseTable => {
    const has = new Set(other[table].inserted.map(appendLine))
    return {
      chains: base[table].chains.filter((chain) => !other[table].chains.includes(chain)),
      before: [],
      after: [],
      inserted: base[table].inserted.filter((rule) => !has.has(appendLine(rule))),
      sharedChains: [],
    }
  }
  return { filter: subtract('filter'), nat: subtract('nat'), mangle: subtract('mangle'), raw: subtract('raw') }
}

interface Section {
  readonly chains: string[]
  readonly before: Rule[]
  readonly after: Rule[]
  readonly inserted: Rule[]
  readonly sharedChains: string[]
}

function emptySection(): Section {
  return { chains: [], before: [], after: [], inserted: [], sharedChains: [] }
}

/** Adds what a line says to its section; false when it is no such line. */
function readLine(line: string, section: Section, side: 'before' | 'after'): boolean {
  const declared = /^:(\S+) - \[0:0\]$/.exec(line)?.[1]
  const [word, chain = '', ...words] = line.split(' ')
  const rule = { chain, spec: words.join(' ') }
  if (declared !== undefined) section.chains.push(declared)
  else if (chain === '') return false
  else if (word === '-N') section.sharedChains.push(chain)
  else if (word === '-A') section[side].push(rule)
  else if (word === '-I') section.inserted.push(rule)
  else return false
  return true
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
