import type { BaseRules } from '../../xtables/base-rules.ts'
import { isPortChain } from './chain-name.ts'
import type { PortFragment, ServiceFragment } from './fragment.ts'
import { ruleOptions, ruleTarget } from './rule-options.ts'
import type { Rule, Table } from '../../xtables/rule.ts'
import type { SavedRules, SavedTable } from './saved-rules.ts'

/**
 * The rules that the kernel has of these services, as it prints them: those whose comments name a service in the chains
 * that services share, and the chains that they lead to. A service of which it has none is left out.
 */
export function savedFragments(
  services: ReadonlySet<string>,
  base: BaseRules,
  kernel: SavedRules,
): Map<string, ServiceFragment> {
  const filter = sharedByService('filter', base, kernel)
  const nat = sharedByService('nat', base, kernel)
  const found = [...services].filter((service) => filter.has(service) || nat.has(service)).sort()
  return new Map(
    found.map((service) => [
      service,
      { ports: [savedPort(filter.get(service) ?? [], nat.get(service) ?? [], kernel.nat)] },
    ]),
  )
}

/** Which port a rule is of does not matter to what is done with it. */
function savedPort(filter: readonly Rule[], dispatch: readonly Rule[], nat: SavedTable): PortFragment {
  const chains = new Set<string>()
  const follow = (spec: string): void => {
    const chain = ruleTarget(spec)
    if (chains.has(chain) || !isPortChain(chain) || !nat.has(chain)) return
    chains.add(chain)
    nat.get(chain)?.forEach(follow)
  }
  for (const { spec } of dispatch) follow(spec)
  const own = [...chains].flatMap((chain) => (nat.get(chain) ?? []).map((spec) => ({ chain, spec })))
  return { filter, dispatch, chains: [...chains], own }
}

function sharedByService(table: Table, base: BaseRules, kernel: SavedRules): ReadonlyMap<string, readonly Rule[]> {
  const rules = base[table].chains.flatMap((chain) => (kernel[table].get(chain) ?? []).map((spec) => ({ chain, spec })))
  return Map.groupBy(rules, ({ spec }) => serviceIn(spec))
}

/** `shop/cart` of the comment `shop/cart:http cluster IP`. */
function serviceIn(spec: string): string {
  const comment = ruleOptions(spec).find(({ name }) => name === '--comment')?.value ?? ''
  return /^[^\s:]*/.exec(comment)?.[0] ?? ''
}
