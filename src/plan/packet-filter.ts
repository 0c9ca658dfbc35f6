import type { Address } from '../net/address.ts'
import { isOwnAddress, type Packet, type Verdict } from './packet.ts'
import type { PortPlan } from './port-plan.ts'

/** Where a packet is filtered: on its way into the node, through it, or out of it. Netfilter's names. */
export type Hook = 'INPUT' | 'FORWARD' | 'OUTPUT'

/**
 * What becomes of a packet that is addressed to a service still, translated or not. Cluster IPs without endpoints are
 * refused to whoever is on the way out; outer addresses and node ports to whoever comes in, so that what the node
 * itself sends to such an address of another machine leaves it.
 */
export function filterVerdict(
  hook: Hook,
  plans: readonly PortPlan[],
  packet: Packet,
  { nodeAddresses, masquerade }: { readonly nodeAddresses: readonly Address[]; readonly masquerade: boolean },
): Verdict {
  if (plans.some((plan) => isFirewalled(plan, packet))) return 'drop'
  if (hook === 'INPUT' && plans.some((plan) => isHealthCheck(plan, packet))) return 'pass'
  // What is to be masqueraded was let in before.
  if (hook === 'FORWARD' && masquerade) return 'pass'
  const refusing =
    (hook === 'INPUT' ? undefined : plans.find((plan) => refusesInternally(plan, packet))) ??
    (hook === 'OUTPUT' ? undefined : plans.find((plan) => refusesExternally(plan, packet, nodeAddresses)))
  if (refusing === undefined) return 'pass'
  return refusing.choice.usableAnywhere ? 'drop' : 'reject'
}

/** Whoever the source ranges admit has been translated by now, and bears the address no more. */
function isFirewalled(plan: PortPlan, packet: Packet): boolean {
  const restricted = plan.sourceRanges.length > 0 && plan.choice.usableAnywhere
  return restricted && isToPort(plan, packet) && plan.loadBalancerIps.includes(packet.destination)
}

function isHealthCheck(plan: PortPlan, { protocol, port }: Packet): boolean {
  return protocol === 'TCP' && port === plan.healthCheckNodePort
}

function refusesInternally(plan: PortPlan, packet: Packet): boolean {
  return !serves(plan, plan.internalPolicyLocal) && isToPort(plan, packet) && plan.clusterIp === packet.destination
}

function refusesExternally(plan: PortPlan, packet: Packet, nodeAddresses: readonly Address[]): boolean {
  if (serves(plan, plan.externalPolicyLocal)) return false
  const { protocol, port, destination } = packet
  const isOuter = plan.externalIps.includes(destination) || plan.loadBalancerIps.includes(destination)
  if (isOuter && isToPort(plan, packet)) return true
  // On every address of the node, also where its node ports are not open.
  return plan.protocol === protocol && plan.nodePort === port && isOwnAddress(nodeAddresses, destination)
}

function serves({ choice }: PortPlan, policyLocal: boolean): boolean {
  return choice.usableAnywhere && !(policyLocal && choice.local.length === 0)
}

function isToPort(plan: PortPlan, { protocol, port }: Packet): boolean {
  return plan.protocol === protocol && plan.port === port
}
