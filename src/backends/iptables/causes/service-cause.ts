import { listCause, type Cause } from './cause.ts'
import type { ChainChange, FamilySides } from './chain-change.ts'
import { liftCommon, type PortCauses } from './common-causes.ts'
import { isExplained } from './explained.ts'
import { mergeFamilies } from './family-causes.ts'
import { foreignCauses, staleCauses } from './leftover-cause.ts'
import { portCauses } from './port-cause.ts'
import { hasRules, type PortFamily, type PortSides } from './port-sides.ts'
import { rewrittenCause } from './rewritten.ts'
import type { RuleSide } from './rule-side.ts'
import { valueOf } from './service-rule.ts'
import { summarizePorts } from './service-summary.ts'

/**
 * Why the rules of a Service differ.
 *
 * @param ports What both sides say of it, from {@link readPorts}.
 * @param changes All its lines that differ, at least one.
 */
export function serviceCauses(
  service: string,
  families: readonly FamilySides[],
  ports: readonly PortSides[],
  changes: readonly ChainChange[],
): readonly Cause[] {
  const causes = [...liftCommon(ports.map(onePort)), ...wholeCauses(service, families, ports, changes)]
  if (isExplained(changes, causes)) return causes.length > 0 ? causes : [rewrittenCause(changes)]
  return [...causes, { kind: 'rules', says: causes.length > 0 ? 'other rules differ' : 'rules differ' }]
}

function onePort(port: PortSides): PortCauses {
  const families = port.families.filter(inUse)
  const [before, after] = [families.some(({ old }) => hasRules(old)), families.some(({ now }) => hasRules(now))]
  if (!before) return { ...port, stays: false, causes: [{ kind: 'new', says: 'new' }, ...summarizePorts([port])] }
  if (!after) return { ...port, stays: false, causes: [{ kind: 'removed', says: 'removed' }] }
  const causes = families.map(({ family, old, now }) => ({ family, causes: portCauses(old, now) }))
  return { ...port, stays: true, causes: mergeFamilies(causes, families.length > 1) }
}

/** What concerns the service, or a chain of it, whichever port it stands for. */
function wholeCauses(
  service: string,
  families: readonly FamilySides[],
  ports: readonly PortSides[],
  changes: readonly ChainChange[],
): readonly Cause[] {
  const perFamily = families.map((sides) => {
    const { family, old } = sides
    const here = ports.flatMap((port) => port.families.filter((facts) => facts.family === family && inUse(facts)))
    const changed = changes.filter((change) => change.family === family)
    const chains = here.flatMap((facts) => facts.old.chains)
    const causes = [
      ...healthCheckCauses(service, sides),
      ...foreignCauses(changed),
      ...staleCauses(service, old, chains, changed),
    ]
    return { family, inUse: here.length > 0, causes }
  })
  return mergeFamilies(perFamily, perFamily.filter((each) => each.inUse).length > 1)
}

/** One for the whole service, though a rule of each port opens it. */
function healthCheckCauses(service: string, { old, now }: FamilySides): readonly Cause[] {
  const ports = (side: RuleSide) => {
    const rules = side.sharedRules(service).filter(({ form }) => form === 'health check node port')
    return [...new Set(rules.flatMap(({ options }) => valueOf(options, '--dport') ?? []))]
  }
  return listCause('health check node port', ports(old), ports(now))
}

function inUse({ old, now }: PortFamily): boolean {
  return hasRules(old) || hasRules(now)
}
