import { isPortChain } from './chain-name.ts'
import { parseServiceRule } from './causes/service-rule.ts'
import type { OwnedChain } from './owned-rules.ts'

/**
 * The chains of a kernel, with the rules of ports in the chains that all Services share put in the order in which
 * `desired` has them: kube-proxy writes its Services in random order, and no packet meets the rules of two ports. The
 * rules of one port stay in their order, and what `desired` does not have stays where it stands.
 */
export function inServiceOrder(saved: readonly OwnedChain[], desired: readonly OwnedChain[]): readonly OwnedChain[] {
  const wanted = new Map(desired.map((owned) => [placeOf(owned), owned]))
  return saved.map((owned) => {
    const other = wanted.get(placeOf(owned))
    return other === undefined || !owned.whole || isPortChain(owned.chain) || sameOrder(owned, other)
      ? owned
      : reordered(owned, other)
  })
}

function placeOf({ table, chain }: OwnedChain): string {
  return `${table} ${chain}`
}

function sameOrder({ lines }: OwnedChain, { lines: others }: OwnedChain): boolean {
  return lines.length === others.length && lines.every(({ key }, i) => key === others[i]?.key)
}

function reordered(owned: OwnedChain, desired: OwnedChain): OwnedChain {
  const { table, chain, lines, specs } = owned
  const ranks = rankByKey(desired)
  // The first line declares the chain.
  const rules = specs.map((spec, i) => ({ spec, line: lines[i + 1], rank: ranks.get(lines[i + 1]?.key ?? '') }))
  const sorted = rules.filter(({ rank }) => rank !== undefined).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
  let next = 0
  const placed = rules.map((rule) => (rule.rank === undefined ? rule : (sorted[next++] ?? rule)))
  return {
    table,
    chain,
    whole: true,
    specs: placed.map(({ spec }) => spec),
    lines: [...lines.slice(0, 1), ...placed.flatMap(({ line }) => line ?? [])],
  }
}

/** Where the first rule of its port stands, by the key of each rule of a port. */
function rankByKey({ table, chain, specs, lines }: OwnedChain): ReadonlyMap<string, number> {
  const ports = new Map<string, number>()
  const ranks = new Map<string, number>()
  for (const [i, spec] of specs.entries()) {
    const portName = parseServiceRule(table, chain, spec)?.portName
    if (portName === undefined) continue
    const rank = ports.get(portName) ?? i
    ports.set(portName, rank)
    ranks.set(lines[i + 1]?.key ?? '', rank)
  }
  return ranks
}
