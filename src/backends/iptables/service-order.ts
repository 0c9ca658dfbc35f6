import { isPortChain } from './chain-name.ts'
import { parseServiceRule } from './causes/service-rule.ts'
import type { OwnedChain } from './owned-rules.ts'
import { ruleTarget } from './rule-options.ts'

/**
 * The chains of a kernel, with the rules of ports in the chains that all Services share put in the order in which
 * `desired` has them: kube-proxy writes its Services in random order, and no packet meets the rules of two ports. The
 * rules of one port stay in their order, and what `desired` does not have stays where it stands. The same holds for the jumps
 * to node ports, one for each address of the node, among themselves.
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
  const sorted = Map.groupBy(
    rules.toSorted((a, b) => (a.rank?.place ?? 0) - (b.rank?.place ?? 0)),
    ({ rank }) => rank?.among,
  )
  const placed = rules.map((rule) => (rule.rank === undefined ? rule : (sorted.get(rule.rank.among)?.shift() ?? rule)))
  return {
    table,
    chain,
    whole: true,
    specs: placed.map(({ spec }) => spec),
    lines: [...lines.slice(0, 1), ...placed.flatMap(({ line }) => line ?? [])],
  }
}

/** Where a rule stands among those that it may change places with. */
interface Rank {
  readonly among: 'ports' | 'jumps to node ports'
  readonly place: number
}

/** By the key of each rule; of a rule of a port it is the place of the first one of that port. */
function rankByKey({ table, chain, specs, lines }: OwnedChain): ReadonlyMap<string, Rank> {
  const ports = new Map<string, number>()
  const ranks = new Map<string, Rank>()
  for (const [i, spec] of specs.entries()) {
    const key = lines[i + 1]?.key ?? ''
    const portName = parseServiceRule(table, chain, spec)?.portName
    if (portName !== undefined) {
      const place = ports.get(portName) ?? i
      ports.set(portName, place)
      ranks.set(key, { among: 'ports', place })
    } else if (ruleTarget(spec) === 'KUBE-NODEPORTS') ranks.set(key, { among: 'jumps to node ports', place: i })
  }
  return ranks
}
