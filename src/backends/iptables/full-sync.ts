import type { BaseRules } from '../../xtables/base-rules.ts'
import { isPortChain } from './chain-name.ts'
import { textsOf, wholeText, type RestoreDocument } from '../../xtables/restore-document.ts'
import { formatTable, type TableLines } from '../../xtables/table-lines.ts'
import { sharedRules, wholeTable } from './document.ts'
import { ownChains, type ServiceFragment } from './fragment.ts'
import { outsideRules } from './foreign-rules.ts'
import { withInserted } from './inserted-rules.ts'
import { isSameRule } from './rule-key.ts'
import { ruleTarget } from './rule-options.ts'
import { appendLine, chainLine, type Rule, type Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** What the kernel should hold: everything of ours in one family. */
export interface Desired {
  readonly base: BaseRules
  /** Sorted by the key of the service. */
  readonly fragments: readonly ServiceFragment[]
}

/** The document of {@link fullSync} as one text: for tests, and rules that are few. */
export function renderFullSync(desired: Desired, kernel: SavedRules, blockLines: number): string {
  return wholeText(fullSync(desired, kernel, blockLines))
}

/**
 * The iptables-restore --noflush document that makes the kernel, whatever it holds of ours now, equal to `desired`;
 * empty when it is equal already. Chains that are right are left alone with their counters; rules of others are never
 * named. From an empty kernel it is the whole ruleset, the jumps and the canary.
 *
 * `blockLines`: about so many lines in one COMMIT. Every block but the last holds chains that nothing leads to yet, or
 * that are whole in themselves; the last one holds the chains that services share, so no service is ever half built.
 * iptables-nft needs it (its time grows with the square of the block), iptables-legacy must not have it (each COMMIT
 * copies the whole table).
 *
 * Stale chains go in a COMMIT of their own, at the very end. One that a rule of somebody else leads to is emptied and
 * stays, because the kernel would refuse to delete it.
 */
export function fullSync(desired: Desired, kernel: SavedRules, blockLines: number): Iterable<string> {
  const { base, fragments } = desired
  const changed = changedChains('nat', desired, kernel)
  const nat = (includes: IsIncluded) => tableText('nat', desired, kernel, includes)
  const filter = repairTable('filter', desired, kernel)
  const mangle = repairTable('mangle', desired, kernel)
  const stale = formatTable(deletions(staleChains(fragments, kernel), heldChains(base, kernel), kernel))
  if (changed.size === 0) return [filter, nat(() => false), mangle, stale]
  return {
    *[Symbol.iterator]() {
      yield filter
      let ahead = false
      for (const block of blocksAhead(desired, changed, blockLines)) {
        ahead = true
        yield block
      }
      yield nat((chain) => changed.has(chain) && !(ahead && isPortChain(chain)))
      yield mangle
      yield stale
    },
  }
}

/** What makes the chains and jumps of ours in one table right, in one COMMIT; empty where they are. */
export function repairTable(table: Table, desired: Desired, kernel: SavedRules): string {
  const changed = changedChains(table, desired, kernel)
  return tableText(table, desired, kernel, (chain) => changed.has(chain))
}

type IsIncluded = (chain: string) => boolean

function tableText(table: Table, { base, fragments }: Desired, kernel: SavedRules, includes: IsIncluded): string {
  return formatTable(withInserted(wholeTable(table, base, fragments, includes), base, kernel))
}

/** How many chains and jumps such a document makes right. */
export function countRepairs(document: RestoreDocument): number {
  let count = 0
  for (const text of textsOf(document)) count += text.match(/^(:|-I |-D )/gm)?.length ?? 0
  return count
}

/** The only shared chain that the chains of a service lead to. */
const markChain = 'KUBE-MARK-MASQ'

type OwnChain = readonly [chain: string, rules: readonly Rule[]]

/**
 * The changed chains of services in blocks, each formatted as soon as it is whole: a large cluster has 30 MB of them. None
 * where all fit into one, which the last block then has with it.
 */
function* blocksAhead(
  { base, fragments }: Desired,
  changed: ReadonlySet<string>,
  blockLines: number,
): Iterable<string> {
  const mark = changed.has(markChain) ? base.nat.before.filter((rule) => rule.chain === markChain) : undefined
  const blocks = cutBlocks(fragments, changed, blockLines)
  const [first, second] = [blocks.next(), blocks.next()]
  if (first.done === true || second.done === true) return
  yield formatTable(blockTable(first.value, mark))
  yield formatTable(blockTable(second.value, undefined))
  for (const block of blocks) yield formatTable(blockTable(block, undefined))
}

function* cutBlocks(
  fragments: readonly ServiceFragment[],
  changed: ReadonlySet<string>,
  blockLines: number,
): Generator<readonly OwnChain[], void> {
  let block: OwnChain[] = []
  let lines = 0
  for (const fragment of fragments) {
    for (const own of rankedChains(fragment)) {
      if (!changed.has(own[0])) continue
      if (lines >= blockLines) {
        yield block
        block = []
        lines = 0
      }
      block.push(own)
      lines += 1 + own[1].length
    }
  }
  if (block.length > 0) yield block
}

/** The chains of one service in an order in which each leads only to those before it. */
function rankedChains(fragment: ServiceFragment): readonly OwnChain[] {
  return [...ownChains(fragment)].sort(([a], [b]) => rank(a) - rank(b))
}

/** What a chain may lead to has a lower rank. */
function rank(chain: string): number {
  return ['KUBE-SEP-', 'KUBE-SV', 'KUBE-EXT-', 'KUBE-FW-'].findIndex((start) => chain.startsWith(start))
}

/** @param mark The rules of the chain that others lead to; absent where it stands already. */
function blockTable(block: readonly OwnChain[], mark: readonly Rule[] | undefined): TableLines {
  return {
    table: 'nat',
    chains: [...(mark === undefined ? [] : [markChain]), ...block.map(([chain]) => chain)].map(chainLine),
    rules: [...(mark ?? []), ...block.flatMap(([, rules]) => rules)].map(appendLine),
  }
}

function deletions(stale: readonly string[], held: ReadonlySet<string>, kernel: SavedRules): TableLines {
  const going = stale.filter((chain) => !held.has(chain))
  const cleared = stale.filter((chain) => !held.has(chain) || !isEmpty(kernel.nat.get(chain)))
  return { table: 'nat', chains: cleared.map(chainLine), rules: going.map((chain) => `-X ${chain}`) }
}

function isEmpty(specs: readonly string[] | undefined): boolean {
  return specs === undefined || specs.length === 0
}

function heldChains(base: BaseRules, kernel: SavedRules): ReadonlySet<string> {
  return new Set(outsideRules(base, 'nat', kernel).leading.map(({ spec }) => ruleTarget(spec)))
}

/** Rules of others that keep stale chains of ours in the kernel, e.g. `-A MINE -j KUBE-SVC-…`. */
export function rulesHoldingStale({ base, fragments }: Desired, kernel: SavedRules): readonly string[] {
  const stale = new Set(staleChains(fragments, kernel))
  if (stale.size === 0) return []
  return outsideRules(base, 'nat', kernel)
    .leading.filter(({ spec }) => stale.has(ruleTarget(spec)))
    .map(appendLine)
}

/** The chains of ours in a table that differ from what they should be, or are missing. */
function changedChains(table: Table, { base, fragments }: Desired, kernel: SavedRules): ReadonlySet<string> {
  const changed = new Set<string>()
  const look = (chain: string, specs: readonly string[]) =>
    sameRules(specs, kernel[table].get(chain)) || changed.add(chain)
  for (const [chain, specs] of sharedChainsOf(table, base, fragments)) look(chain, specs)
  if (table === 'nat') {
    for (const fragment of fragments) {
      for (const [chain, rules] of ownChains(fragment)) look(chain, rules.map(specOf))
    }
  }
  return changed
}

/** Every chain of ours in a table and its rules in order: those that services share first. */
export function chainsOf(
  table: Table,
  base: BaseRules,
  fragments: readonly ServiceFragment[],
): ReadonlyMap<string, readonly string[]> {
  const chains = sharedChainsOf(table, base, fragments)
  if (table !== 'nat') return chains
  const own = fragments.flatMap((fragment) => [...ownChains(fragment)])
  return new Map([...chains, ...own.map(([chain, rules]) => [chain, rules.map(specOf)] as const)])
}

function sharedChainsOf(
  table: Table,
  base: BaseRules,
  fragments: readonly ServiceFragment[],
): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>(base[table].chains.map((chain) => [chain, []]))
  const add = (rule: Rule) => chains.get(rule.chain)?.push(rule.spec)
  base[table].before.forEach(add)
  for (const fragment of fragments) sharedRules(fragment, table).forEach(add)
  base[table].after.forEach(add)
  return chains
}

function specOf({ spec }: Rule): string {
  return spec
}

/** Chains of services and endpoints that the kernel has and nothing needs. They stand in the nat table only. */
function staleChains(fragments: readonly ServiceFragment[], kernel: SavedRules): readonly string[] {
  const stale = new Set([...kernel.nat.keys()].filter(isPortChain))
  for (const { ports } of fragments) for (const { chains } of ports) for (const chain of chains) stale.delete(chain)
  return [...stale]
}

function sameRules(specs: readonly string[], saved: readonly string[] | undefined): boolean {
  return (
    saved !== undefined && saved.length === specs.length && specs.every((spec, i) => isSameRule(spec, saved[i] ?? ''))
  )
}
