import { splitHostPort, type Address } from '../../net/address.ts'
import { protocolWord, type Protocol } from '../../net/protocol.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import type { CompileOptions } from './compile-options.ts'
import type { SetMember, SetName } from './ip-set.ts'
import { sourceRangeMembers } from './source-ranges.ts'

/** What a service port puts into sets; an address that two kinds of door share may be in a set twice. */
export function portMembers(plan: PortPlan, options: CompileOptions): readonly SetMember[] {
  const { clusterIp, externalIps, loadBalancerIps, externalPolicyLocal, healthCheckNodePort } = plan
  const at = (set: SetName, addresses: readonly Address[]) =>
    addresses.map((address) => ({ set, member: addressMember(address, plan.protocol, plan.port) }))
  return [
    ...hairpinMembers(plan),
    ...at('KUBE-CLUSTER-IP', clusterIp === undefined ? [] : [clusterIp]),
    ...at(externalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', externalIps),
    ...at('KUBE-LOAD-BALANCER', loadBalancerIps),
    ...at('KUBE-LOAD-BALANCER-LOCAL', externalPolicyLocal ? loadBalancerIps : []),
    ...at('KUBE-LOAD-BALANCER-FW', plan.sourceRanges.length > 0 ? loadBalancerIps : []),
    ...sourceRangeMembers(plan),
    ...nodePortMembers(plan, options),
    ...(healthCheckNodePort === undefined
      ? []
      : [{ set: 'KUBE-HEALTH-CHECK-NODE-PORT', member: String(healthCheckNodePort) } as const]),
    ...boundAddresses(plan, options).map((member) => ({ set: 'KUBE-IPVS-IPS', member }) as const),
  ]
}

/** The addresses that kube-ipvs0 must have for the kernel to take packets for them in. */
export function boundAddresses(plan: PortPlan, { nodeAddresses }: CompileOptions): readonly Address[] {
  const { clusterIp, externalIps, loadBalancerIps } = plan
  const outer = [...externalIps, ...loadBalancerIps].filter((address) => !nodeAddresses.has(address))
  return [...new Set([...(clusterIp === undefined ? [] : [clusterIp]), ...outer])]
}

/** `10.96.0.10,tcp:80` */
function addressMember(address: Address, protocol: Protocol, port: number): string {
  return `${address},${protocolWord(protocol)}:${port}`
}

/** An endpoint of this node that reaches itself. What no packet is sent to cannot. */
function hairpinMembers({ choice, protocol }: PortPlan): readonly SetMember[] {
  return choice.reachable
    .filter(({ local }) => local)
    .map(({ address, target }) => ({
      set: 'KUBE-LOOP-BACK',
      member: `${addressMember(address, protocol, splitHostPort(target).port)},${address}`,
    }))
}

/** Under policy Local a node port is in both its sets: that of policy Local is asked first. */
function nodePortMembers(plan: PortPlan, { nodePortAddresses }: CompileOptions): readonly SetMember[] {
  const { nodePort, protocol, externalPolicyLocal } = plan
  if (nodePort === undefined || nodePortAddresses.length === 0) return []
  const members =
    protocol === 'SCTP'
      ? nodePortAddresses.map((address) => addressMember(address, protocol, nodePort))
      : [String(nodePort)]
  const [all, local] = nodePortSets[protocol]
  return (externalPolicyLocal ? [all, local] : [all]).flatMap((set) => members.map((member) => ({ set, member })))
}

const nodePortSets = {
  TCP: ['KUBE-NODE-PORT-TCP', 'KUBE-NODE-PORT-LOCAL-TCP'],
  UDP: ['KUBE-NODE-PORT-UDP', 'KUBE-NODE-PORT-LOCAL-UDP'],
  SCTP: ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'],
} as const
