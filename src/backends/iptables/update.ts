import { formatTable, type TableLines } from '../../xtables/table-lines.ts'
import { sharedRules } from './document.ts'
import { ownChains, type ServiceFragment } from './fragment.ts'
import { appendLine, chainLine, type Rule, type Table } from '../../xtables/rule.ts'

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
  const changed = [...now].filter(
    ([chain, rules]) => !old.has(chain) || !sameList(specsOf(old.get(chain)), specsOf(rules)),
  )
  const gone = [...old.keys()].filter((chain) => !now.has(chain))
  return {
    chains: [...changed.map(([chain]) => chain), ...gone].map(chainLine),
    rules: changed.flatMap(([, rules]) => rules.map(appendLine)),
    deletions: gone.map((chain) => `-X ${chain}`),
  }
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

/** Where a service's rules stand in a shared chain. All services are counted once, when the first change asks. */
class RulePlace {
  readonly #table: Table
  readonly #applied: ReadonlyMap<string, ServiceFragment>
  readonly #changes: readonly ServiceChange[]
  readonly #keys: readonly string[]
  /** Of each chain the number of rules before each change. */
  #counts: ReadonlyMap<string, readonly number[]> | undefined

  constructor(table: Table, applied: ReadonlyMap<string, ServiceFragment>, changes: readonly ServiceChange[]) {
    this.#table = table
    this.#applied = applied
    this.#changes = changes
    this.#keys = changes.map(({ key }) => key)
  }

  /** Rules of `chain` that belong to services sorted before `key`, those changed already counted as changed. */
  before(chain: string, key: string): number {
    this.#counts ??= this.#count()
    return this.#counts.get(chain)?.[firstNotBefore(this.#keys, key)] ?? 0
  }

  #count(): ReadonlyMap<string, readonly number[]> {
    const counts = new Map<string, number[]>()
    const add = (fragment: ServiceFragment | undefined, at: number) => {
      for (const { chain } of sharedRules(fragment, this.#table)) {
        const ofChain = counts.get(chain) ?? this.#keys.map(() => 0)
        counts.set(chain, ofChain)
        ofChain[at] = (ofChain[at] ?? 0) + 1
      }
    }
    for (const [key, fragment] of this.#applied) {
      const at = firstNotBefore(this.#keys, key)
      if (at < this.#keys.length && this.#keys[at] !== key) add(fragment, at)
    }
    this.#changes.forEach(({ after }, i) => add(after, i + 1))
    return new Map([...counts].map(([chain, ofChain]) => [chain, runningTotals(ofChain)]))
  }
}

/** The index of the first of these sorted keys that does not stand before `key`. */
function firstNotBefore(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

function runningTotals(numbers: readonly number[]): readonly number[] {
  let total = 0
  return numbers.map((number) => (total += number))
}

function specsOf(rules: readonly Rule[] | undefined): readonly string[] {
  return rules?.map((rule) => rule.spec) ?? []
}

/**
 * What to take out and put in so that `old` becomes `now`, leaving their common beginning and end alone. Nothing that is
 * taken out has an equal in that beginning: a deletion takes the first equal rule of the chain.
 */
function replaceMiddle(
  old: readonly string[],
  now: readonly string[],
): { at: number; removed: readonly string[]; added: readonly string[] } {
  let at = 0
  while (at < old.length && at < now.length && old[at] === now[at]) at++
  let end = 0
  while (end < old.length - at && end < now.length - at && old.at(-1 - end) === now.at(-1 - end)) end++
  for (let first = at; first !== -1; first = firstOf(old.slice(0, at), old.slice(at, old.length - end))) at = first
  return { at, removed: old.slice(at, old.length - end), added: now.slice(at, now.length - end) }
}

/** The index of the first item that `wanted` has too; -1 without one. */
function firstOf(items: readonly string[], wanted: readonly string[]): number {
  const set = new Set(wanted)
  return items.findIndex((item) => set.has(item))
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
