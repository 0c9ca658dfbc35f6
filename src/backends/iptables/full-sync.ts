import type { BaseRules } from '../../xtables/base-rules.ts'
import { isPortChain } from './chain-name.ts'
import { formatTable, type TableLines } from '../../xtables/table-lines.ts'
import { portRules, wholeTable } from './document.ts'
import { ownChains, type ServiceFragment } from './fragment.ts'
import { outsideRules } from './foreign-rules.ts'
import { withInserted } from './inserted-rules.ts'
import { ruleKey } from './rule-key.ts'
import { ruleTarget } from './rule-options.ts'
import { appendLine, chainLine, type Rule, type Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** What the kernel should hold: everything of ours in one family. */
export interface Desired {
  readonly base: BaseRules
  /** Sorted by the key of the service. */
  readonly fragments: readonly ServiceFragment[]
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
export function renderFullSync(desired: Desired, kernel: SavedRules, blockLines: number): string {
  const { base, fragments } = desired
  const filter = wholeTable('filter', base, fragments, changedChains('filter', desired, kernel))
  const changed = changedChains('nat', desired, kernel)
  const chains = fragments.flatMap(rankedChains).filter(([chain]) => changed(chain))
  const blocks = cutBlocks(chains, blockLines)
  const ahead = blocks.length > 1 ? blocks : []
  const sent = new Set(ahead.flatMap((block) => block.map(([chain]) => chain)))
  const nat = wholeTable('nat', base, fragments, (chain) => changed(chain) && !sent.has(chain))
  const mangle = wholeTable('mangle', base, fragments, changedChains('mangle', desired, kernel))
  return [
    withInserted(filter, base, kernel),
    ...ahead.map((block, i) => blockTable(base, block, i === 0 && changed(markChain))),
    withInserted(nat, base, kernel),
    withInserted(mangle, base, kernel),
    deletions(staleChains(fragments, kernel), heldChains(base, kernel), kernel),
  ]
    .map(formatTable)
    .join('')
}

/** The only shared chain that the chains of a service lead to. */
const markChain = 'KUBE-MARK-MASQ'

type OwnChain = readonly [chain: string, rules: readonly Rule[]]

/** The chains of one service in an order in which each leads only to those before it. */
function rankedChains(fragment: ServiceFragment): readonly OwnChain[] {
  return [...ownChains(fragment)].sort(([a], [b]) => rank(a) - rank(b))
}

/** What a chain may lead to has a lower rank. */
function rank(chain: string): number {
  return ['KUBE-SEP-', 'KUBE-SV', 'KUBE-EXT-', 'KUBE-FW-'].findIndex((start) => chain.startsWith(start))
}

function cutBlocks(chains: readonly OwnChain[], blockLines: number): readonly (readonly OwnChain[])[] {
  const blocks: OwnChain[][] = []
  let lines = Number.POSITIVE_INFINITY
  for (const own of chains) {
    if (lines >= blockLines) {
      blocks.push([])
      lines = 0
    }
    blocks.at(-1)?.push(own)
    lines += 1 + own[1].length
  }
  return blocks
}

function blockTable(base: BaseRules, block: readonly OwnChain[], withMark: boolean): TableLines {
  const mark = withMark ? base.nat.before.filter((rule) => rule.chain === markChain) : []
  return {
    table: 'nat',
    chains: [...(withMark ? [markChain] : []), ...block.map(([chain]) => chain)].map(chainLine),
    rules: [...mark, ...block.flatMap(([, rules]) => rules)].map(appendLine),
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

/** Tells which chains of ours in a table differ from what they should be, or are missing. */
export function changedChains(table: Table, desired: Desired, kernel: SavedRules): (chain: string) => boolean {
  const changed = new Set<string>()
  for (const [chain, specs] of chainsOf(table, desired.base, desired.fragments)) {
    if (!sameRules(specs, kernel[table].get(chain))) changed.add(chain)
  }
  return (chain) => changed.has(chain)
}

/** Every chain of ours in a table and its rules in order. */
export function chainsOf(
  table: Table,
  base: BaseRules,
  fragments: readonly ServiceFragment[],
): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>(base[table].chains.map((chain) => [chain, []]))
  const add = (rule: Rule) => chains.get(rule.chain)?.push(rule.spec)
  base[table].before.forEach(add)
  for (const port of fragments.flatMap((fragment) => fragment.ports)) {
    if (table === 'nat') for (const chain of port.chains) chains.set(chain, [])
    for (const list of portRules(port, table)) list.forEach(add)
  }
  base[table].after.forEach(add)
  return chains
}

/** Chains of services and endpoints that the kernel has and nothing needs. They stand in the nat table only. */
function staleChains(fragments: readonly ServiceFragment[], kernel: SavedRules): readonly string[] {
  const wanted = new Set(fragments.flatMap((fragment) => fragment.ports.flatMap((port) => port.chains)))
  return [...kernel.nat.keys()].filter((chain) => isPortChain(chain) && !wanted.has(chain))
}

function sameRules(specs: readonly string[], saved: readonly string[] | undefined): boolean {
  return (
    saved !== undefined &&
    saved.length === specs.length &&
    specs.every((spec, i) => ruleKey(spec) === ruleKey(saved[i] ?? ''))
  )
}
