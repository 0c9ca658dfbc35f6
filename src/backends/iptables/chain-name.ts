import { protocolWord } from '../../net/protocol.ts'
import { shortHash } from '../../net/short-hash.ts'
import type { PortPlan } from '../../plan/port-plan.ts'

/** The chains of one service port; all four share one hash, in both families. */
export interface PortChains {
  /** `KUBE-SVC-…`: spreads over the endpoints of policy Cluster. */
  readonly cluster: string
  /** `KUBE-SVL-…`: spreads over the endpoints of policy Local. */
  readonly local: string
  /** `KUBE-EXT-…`: traffic from outside the cluster. */
  readonly external: string
  /** `KUBE-FW-…`: load balancer source ranges. */
  readonly firewall: string
}

export function portChains({ name, protocol }: Pick<PortPlan, 'name' | 'protocol'>): PortChains {
  const hash = shortHash(name + protocolWord(protocol))
  return {
    cluster: named('KUBE-SVC', hash),
    local: named('KUBE-SVL', hash),
    external: named('KUBE-EXT', hash),
    firewall: named('KUBE-FW', hash),
  }
}

/** `KUBE-SEP-…`: translates to one endpoint. */
export function endpointChain(plan: PortPlan, target: string): string {
  return named('KUBE-SEP', shortHash(plan.name + protocolWord(plan.protocol) + target))
}

/** Not a template: V8 would keep its pieces, and there are as many names as endpoints. */
function named(kind: string, hash: string): string {
  return [kind, hash].join('-')
}

/** Chains named after a service or an endpoint: those that become stale when it goes. */
export function isPortChain(chain: string): boolean {
  return portChainKind(chain) !== undefined
}

/** `KUBE-SVC` of `KUBE-SVC-…`; undefined for every other chain. */
export function portChainKind(chain: string): string | undefined {
  return /^(KUBE-(?:SVC|SVL|EXT|FW|SEP))-/.exec(chain)?.[1]
}
