import type { BaseRules, Jumps } from './base-rules.ts'
import { isPortChain } from './chain-name.ts'
import { formatTable, wholeTable, type TableLines } from './document.ts'
import type { ServiceFragment } from './fragment.ts'
import { ruleKey } from './rule-key.ts'
import { type Rule, type Table } from './rule.ts'
import type { SavedRules, SavedTable } from './saved-rules.ts'

/** What the kernel should hold: everything of ours in one family. */
export interface Desired {
  readonly base: BaseRules
  readonly jumps: Jumps
  /** Sorted by the key of the service. */
  readonly fragments: readonly ServiceFragment[]
}

/**
 * The iptables-restore --noflush document that makes the kernel, whatever it holds of ours now, equal to `desired`;
 * empty when it is equal already. Chains that are right are left alone with their counters; rules of others are never
 * named. From an empty kernel it is the whole ruleset and the jumps.
 *
 * `blockServices`: at most this many services in one COMMIT. Every block but the last holds chains that nothing leads
 * to yet, or that are whole in themselves; the last one holds the chains that services share, so no service is ever
 * half built. iptables-nft needs it (its time grows with the square of the block), iptables-legacy must not have it
 * (each COMMIT copies the whole table).
 */
export function renderFullSync(desired: Desired, kernel: SavedRules, blockServices: number): string {
  const { base, jumps, fragments } = desired
  const filter = wholeTable('filter', base, fragments, changedChains('filter', desired, kernel))
  const changed = changedChains('nat', desired, kernel)
  const stale = staleChains(fragments, kernel)
  const touched = fragments.filter((fragment) => fragment.ports.some((port) => port.chains.some(changed)))
  const ahead = touched.length > blockServices ? touched : []
  const sentAhead = new Set(ahead.flatMap((fragment) => fragment.ports.flatMap((port) => port.chains)))
  return [
    withJumps(filter, jumps, kernel),
    ...blocks(ahead, blockServices).map((block, i) =>
      wholeTable('nat', base, block, (chain) => changed(chain) && (isPortChain(chain) || (i === 0 && isTarget(chain)))),
    ),
    withJumps(
      wholeTable('nat', base, fragments, (chain) => changed(chain) && !sentAhead.has(chain), stale),
      jumps,
      kernel,
    ),
  ]
    .map(formatTable)
    .join('')
}

/** The only shared chain that the chains of a service lead to. */
function isTarget(chain: string): boolean {
  return chain === 'KUBE-MARK-MASQ'
}

function changedChains(table: Table, desired: Desired, kernel: SavedRules): (chain: string) => boolean {
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
    if (table === 'filter') {
      port.filter.forEach(add)
    } else {
      for (const chain of port.chains) chains.set(chain, [])
      port.dispatch.forEach(add)
      port.own.forEach(add)
    }
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

function blocks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const out: T[][] = []
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size))
  return out
}

function withJumps(lines: TableLines, jumps: Jumps, kernel: SavedRules): TableLines {
  const missing = missingJumps(jumps[lines.table], kernel[lines.table])
  return { ...lines, rules: [...lines.rules, ...missing.map(({ chain, spec }) => `-I ${chain} ${spec}`)] }
}

/** Jumps that no rule of the kernel's chain equals, wherever in the chain it would stand. */
function missingJumps(jumps: readonly Rule[], saved: SavedTable): readonly Rule[] {
  return jumps.filter(({ chain, spec }) => {
    const key = ruleKey(spec)
    return !(saved.get(chain) ?? []).some((rule) => ruleKey(rule) === key)
  })
}
