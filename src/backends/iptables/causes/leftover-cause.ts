import type { Cause } from './cause.ts'
import { declares, specsOf, type ChainChange } from './chain-change.ts'
import type { RuleSide } from './rule-side.ts'
import { parseServiceRule, targetOf } from './service-rule.ts'

/** `where`: a chain, e.g. `nat KUBE-SERVICES`. */
export function foreignCause(count: number, where: string): Cause {
  const rules = count === 1 ? 'a rule that is not ours stands' : `${count} rules that are not ours stand`
  return { kind: 'foreign rule', says: `${rules} in ${where}` }
}

/** Rules in the chains of a service that have no form of ours. */
export function foreignCauses(changes: readonly ChainChange[]): readonly Cause[] {
  return changes.flatMap(({ table, chain, removed }) => {
    const foreign = specsOf(chain, removed).filter((spec) => parseServiceRule(table, chain, spec) === undefined)
    return foreign.length === 0 ? [] : [foreignCause(foreign.length, chain)]
  })
}

/**
 * Chains that go and that nothing of the service led to any more.
 *
 * @param chains The chains of the service's ports.
 */
export function staleCauses(
  service: string,
  old: RuleSide,
  chains: readonly string[],
  changes: readonly ChainChange[],
): readonly Cause[] {
  const gone = changes.filter(({ chain, removed }) => declares(chain, removed)).map(({ chain }) => chain)
  if (gone.length === 0) return []
  const own = new Set([...chains, ...changes.map(({ chain }) => chain)])
  const rules = [...old.sharedRules(service), ...[...own].flatMap((chain) => old.rules(chain))]
  const led = new Set(rules.map(targetOf))
  const stale = gone.filter((chain) => !led.has(chain))
  return stale.length === 0 ? [] : [{ kind: 'stale chain', has: stale }]
}
