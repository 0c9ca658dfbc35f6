import type { Cidr } from '../../net/cidr.ts'
import { protocolWord } from '../../net/protocol.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import type { Rule } from '../../xtables/rule.ts'
import type { SetMember } from './ip-set.ts'

/** Who may use the load balancer addresses of a service port; nothing where everybody may. */
export function sourceRangeMembers(plan: PortPlan): readonly SetMember[] {
  const word = protocolWord(plan.protocol)
  return plan.loadBalancerIps.flatMap((address) => {
    const door = `${address},${word}:${plan.port}`
    const ranges = plan.sourceRanges.map(rangeMember)
    return [
      ...ranges.map((range) => ({ set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', member: `${door},${range}` }) as const),
      // The node reaches an address of its own with that address as the source.
      ...(plan.nodeInSourceRanges
        ? [{ set: 'KUBE-LOAD-BALANCER-SOURCE-IP', member: `${door},${address}` } as const]
        : []),
    ]
  })
}

/**
 * What keeps the node itself from load balancer addresses that do not admit it. A set cannot say so: the source is the
 * address itself.
 */
export function outFilterRules(plan: PortPlan): readonly Rule[] {
  if (plan.sourceRanges.length === 0 || plan.nodeInSourceRanges) return []
  const word = protocolWord(plan.protocol)
  return plan.loadBalancerIps.map((address) => ({
    chain: 'KUBE-IPVS-OUT-FILTER',
    spec: `-s ${address} -m ipvs --vaddr ${address} --vproto ${word} --vport ${plan.port} -j DROP`,
  }))
}

/** As ipset has networks: one of a single address is that address. One of all addresses, which it refuses, restricts nobody. */
function rangeMember({ family, network, prefix, text }: Cidr): string {
  return prefix === (family === 'IPv4' ? 32 : 128) ? network : text
}
