import { protocols, protocolWord, type Protocol } from '../../../net/protocol.ts'
import { portChains } from '../chain-name.ts'
import { ruleFacts, type Aspect, type Fact } from './rule-facts.ts'
import type { RuleSide } from './rule-side.ts'
import { serviceOf } from './service-comment.ts'
import { parseServiceRule, targetOf, valueOf, type ServiceRule } from './service-rule.ts'

/** What tells the ports of all services apart. */
export interface PortId {
  /** `shop/cart:http` */
  readonly name: string
  readonly protocol: Protocol
}

/** What the rules of one port say in one family on one side. */
export interface PortFacts {
  /** Each sorted. */
  readonly values: ReadonlyMap<Aspect, readonly string[]>
  /** Its chains that are there, and those of endpoints that it leads to. */
  readonly chains: readonly string[]
  /** Those of them that somebody flushed: we give each a rule. */
  readonly emptied: readonly string[]
}

/**
 * @param other The other side, which knows what an endpoint's chain led to before it was flushed: its name is made of
 *   the endpoint.
 */
export function portFacts(port: PortId, side: RuleSide, other: RuleSide): PortFacts {
  const { cluster, local, external, firewall } = portChains(port)
  const names = [cluster, local, external, firewall].filter((chain) => side.specs('nat', chain) !== undefined)
  const own = new Map(names.map((chain) => [chain, side.rules(chain)]))
  const spreads = [
    ...spread(own.get(cluster) ?? [], 'endpoint under policy Cluster', side, other),
    ...spread(own.get(local) ?? [], 'endpoint under policy Local', side, other),
  ]
  const chains = [...new Set([...names, ...spreads.map(({ chain }) => chain)])]
  const rules = [...sharedRulesOf(port, side), ...[...own.values()].flat()]
  return {
    values: collect([...rules.flatMap(ruleFacts), ...spreads.flatMap(({ facts }) => facts)]),
    chains,
    emptied: side.isKernel ? chains.filter((chain) => side.specs('nat', chain)?.length === 0) : [],
  }
}

export function valuesOf({ values }: PortFacts, aspect: Aspect): readonly string[] {
  return values.get(aspect) ?? []
}

/** The ports of a service that its rules name on one side. */
export function portsOf(service: string, side: RuleSide): readonly PortId[] {
  return side.sharedRules(service).flatMap((rule) => {
    const protocol = protocolOf(rule)
    return rule.portName === undefined || protocol === undefined ? [] : [{ name: rule.portName, protocol }]
  })
}

function sharedRulesOf({ name, protocol }: PortId, side: RuleSide): readonly ServiceRule[] {
  return side.sharedRules(serviceOf(name)).filter((rule) => rule.portName === name && protocolOf(rule) === protocol)
}

/** Undefined for health checks: they are TCP, whatever the port is, and of the whole service. */
function protocolOf({ form, options }: ServiceRule): Protocol | undefined {
  if (form === 'health check node port') return undefined
  const word = valueOf(options, '-p')
  return protocols.find((protocol) => protocolWord(protocol) === word)
}

/** The chains of endpoints that rules lead to, and which endpoints these are. */
function spread(rules: readonly ServiceRule[], aspect: Aspect, side: RuleSide, other: RuleSide) {
  return rules
    .filter(({ form }) => form === 'endpoint')
    .map((rule) => {
      const chain = targetOf(rule)
      const endpoint = endpointOf(chain, side) ?? endpointOf(chain, other)
      const facts: readonly Fact[] =
        endpoint === undefined
          ? []
          : [
              ['endpoint', endpoint],
              [aspect, endpoint],
            ]
      return { chain, facts }
    })
}

function endpointOf(chain: string, side: RuleSide): string | undefined {
  for (const spec of side.specs('nat', chain) ?? []) {
    const rule = parseServiceRule('nat', chain, spec)
    if (rule?.form === 'translate') return valueOf(rule.options, '--to-destination')
  }
  return undefined
}

function collect(facts: readonly Fact[]): ReadonlyMap<Aspect, readonly string[]> {
  const byAspect = Map.groupBy(facts, ([aspect]) => aspect)
  return new Map([...byAspect].map(([aspect, all]) => [aspect, [...new Set(all.map(([, value]) => value))].sort()]))
}
