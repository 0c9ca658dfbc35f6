import { formatTable, sharedRules, type TableLines } from './document.ts'
import type { ServiceFragment } from './fragment.ts'
import { chainLine, type Rule, type Table } from './rule.ts'

/** One service whose rules change: absent before when it is new, absent after when it goes. */
export interface ServiceChange {
  readonly key: string
  readonly before?: ServiceFragment
  readonly after?: ServiceFragment
}

/**
 * The iptables-restore --noflush document that takes the kernel from the rules before `changes` to the rules after.
 * Its size depends on the changed services alone: their own chains are rewritten where they differ, and in the chains
 * that all services share only their rules are deleted and inserted, at the place a full sync gives them. Empty when
 * nothing differs.
 *
 * `applied` is what the kernel holds; `changes` are sorted by key.
 */
export function renderUpdate(applied: ReadonlyMap<string, ServiceFragment>, changes: readonly ServiceChange[]): string {
  const filter = updateTable('filter', applied, changes)
  const nat = updateTable('nat', applied, changes)
  // A service that loses its last endpoint is refused before its translation goes, and one that gains its first is
  // translated before the refusal goes, so packets to it do not leave the node untranslated. Where one update has both,
  // the first counts: whoever was served before.
  const refusesMore = filter.rules.some((line) => line.startsWith('-I'))
  return (refusesMore ? [filter, nat] : [nat, filter]).map(formatTable).join('')
}

function updateTable(
  table: Table,
  applied: ReadonlyMap<string, ServiceFragment>,
  changes: readonly ServiceChange[],
): TableLines {
  const place = new RulePlace(table, applied, changes)
  const own = table === 'nat' ? changes.map(ownChainEdits) : []
  return {
    table,
    chains: own.flatMap((edits) => edits.chains),
    rules: [
      ...own.flatMap((edits) => edits.rules),
      ...changes.flatMap((change) => sharedChainEdits(table, change, place)),
      // Only now is nothing left that leads to them.
      ...own.flatMap((edits) => edits.deletions),
    ],
  }
}

interface OwnChainEdits {
  readonly chains: readonly string[]
  readonly rules: readonly string[]
  readonly deletions: readonly string[]
}

function ownChainEdits({ before, after }: ServiceChange): OwnChainEdits {
  const old = ownChains(before)
  const now = ownChains(after)
  const changed = [...now].filter(([chain, specs]) => !sameList(old.get(chain), specs))
  const gone = [...old.keys()].filter((chain) => !now.has(chain))
  return {
    chains: [...changed.map(([chain]) => chain), ...gone].map(chainLine),
    rules: changed.flatMap(([chain, specs]) => specs.map((spec) => `-A ${chain} ${spec}`)),
    deletions: gone.map((chain) => `-X ${chain}`),
  }
}

function ownChains(fragment: ServiceFragment | undefined): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>()
  for (const port of fragment?.ports ?? []) {
    for (const chain of port.chains) chains.set(chain, [])
    for (const { chain, spec } of port.own) chains.get(chain)?.push(spec)
  }
  return chains
}

function sharedChainEdits(table: Table, { key, before, after }: ServiceChange, place: RulePlace): readonly string[] {
  const old = Map.groupBy(sharedRules(before, table), (rule) => rule.chain)
  const now = Map.groupBy(sharedRules(after, table), (rule) => rule.chain)
  const chains = [...new Set([...old.keys(), ...now.keys()])]
  return chains.flatMap((chain) => {
    const edit = replaceMiddle(specsOf(old.get(chain)), specsOf(now.get(chain)))
    if (edit.added.length + edit.removed.length === 0) return []
    const first = edit.added.length > 0 ? place.before(chain, key) + edit.at + 1 : 0
    return [
      // By specification, not by number: a rule that somebody else inserted must not make us delete the wrong one.
      ...edit.removed.map((spec) => `-D ${chain} ${spec}`),
      ...edit.added.map((spec, i) => `-I ${chain} ${first + i} ${spec}`),
    ]
  })
}

/** Where a service's rules stand in a shared chain. */
class RulePlace {
  readonly #table: Table
  readonly #applied: ReadonlyMap<string, ServiceFragment>
  readonly #changes: ReadonlyMap<string, ServiceChange>
  readonly #keys: readonly string[]

  constructor(table: Table, applied: ReadonlyMap<string, ServiceFragment>, changes: readonly ServiceChange[]) {
    this.#table = table
    this.#applied = applied
    this.#changes = new Map(changes.map((change) => [change.key, change]))
    this.#keys = [...applied.keys(), ...changes.map(({ key }) => key).filter((key) => !applied.has(key))]
  }

  /** Rules of `chain` that belong to services sorted before `key`, those changed already counted as changed. */
  before(chain: string, key: string): number {
    let count = 0
    for (const other of this.#keys) {
      if (other >= key) continue
      const change = this.#changes.get(other)
      const fragment = change === undefined ? this.#applied.get(other) : change.after
      for (const rule of sharedRules(fragment, this.#table)) if (rule.chain === chain) count++
    }
    return count
  }
}

function specsOf(rules: readonly Rule[] | undefined): readonly string[] {
  return rules?.map((rule) => rule.spec) ?? []
}

/** What to take out and put in so that `old` becomes `now`, leaving their common beginning and end alone. */
function replaceMiddle(
  old: readonly string[],
  now: readonly string[],
): { at: number; removed: readonly string[]; added: readonly string[] } {
  let at = 0
  while (at < old.length && at < now.length && old[at] === now[at]) at++
  let end = 0
  while (end < old.length - at && end < now.length - at && old.at(-1 - end) === now.at(-1 - end)) end++
  return { at, removed: old.slice(at, old.length - end), added: now.slice(at, now.length - end) }
}

function sameList(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((item, i) => item === b[i])
}
