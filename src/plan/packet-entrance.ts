import type { Address } from '../net/address.ts'
import { cidrContains } from '../net/cidr.ts'
import type { PlannedEndpoint } from './endpoint.ts'
import type { LocalDetector } from './local-detector.ts'
import { isOwnAddress, type Packet } from './packet.ts'
import type { PathFacts } from './path-facts.ts'
import type { PortPlan } from './port-plan.ts'

/** What a service port does with a packet that it takes: each of these endpoints gets an equal share. */
export interface Entrance {
  readonly endpoints: readonly PlannedEndpoint[]
  readonly masquerade: boolean
}

/**
 * How a packet enters a service: by the first address that is one and is open to its sender. Node ports come after all
 * service addresses, so that a service address is never taken for one. Undefined when it enters none.
 */
export function chooseEntrance(plans: readonly PortPlan[], facts: PathFacts, packet: Packet): Entrance | undefined {
  const ofProtocol = plans.filter((plan) => plan.protocol === packet.protocol)
  return (
    firstOpen(ofProtocol, (plan) => (plan.port === packet.port ? addressedEntrance(plan, facts, packet) : undefined)) ??
    (facts.nodePortAddresses.includes(packet.destination)
      ? firstOpen(ofProtocol, (plan) =>
          plan.nodePort === packet.port ? externalEntrance(plan, facts, packet) : undefined,
        )
      : undefined)
  )
}

function firstOpen(plans: readonly PortPlan[], open: (plan: PortPlan) => Entrance | undefined): Entrance | undefined {
  for (const plan of plans) {
    const found = open(plan)
    if (found !== undefined) return found
  }
  return undefined
}

/** By one of the addresses of a service port, of which one may be external IP and load balancer IP at once. */
function addressedEntrance(plan: PortPlan, facts: PathFacts, packet: Packet): Entrance | undefined {
  const { destination, source } = packet
  return (
    (plan.clusterIp === destination ? internalEntrance(plan, facts, packet) : undefined) ??
    (plan.externalIps.includes(destination) || (plan.loadBalancerIps.includes(destination) && admits(plan, source))
      ? externalEntrance(plan, facts, packet)
      : undefined)
  )
}

/** Who is not known as a pod is masqueraded, so that replies come back this way; if nobody can tell, nobody is. */
function internalEntrance(plan: PortPlan, facts: PathFacts, packet: Packet): Entrance | undefined {
  const detectable = facts.localDetector !== undefined
  return entrance(
    plan.internalPolicyLocal ? plan.choice.local : plan.choice.cluster,
    facts.masqueradeAll || (detectable && !isFromPod(facts.localDetector, packet)),
  )
}

/** Policy Local is for traffic from outside: pods and the node itself reach every endpoint, and pods keep their source. */
function externalEntrance(plan: PortPlan, facts: PathFacts, packet: Packet): Entrance | undefined {
  const { cluster, local } = plan.choice
  if (!plan.externalPolicyLocal) return entrance(cluster, true)
  if (isFromPod(facts.localDetector, packet)) return entrance(cluster, false)
  if (isOwnAddress(facts.nodeAddresses, packet.source)) return entrance(cluster, true)
  return entrance(local, false)
}

function entrance(endpoints: readonly PlannedEndpoint[], masquerade: boolean): Entrance | undefined {
  return endpoints.length === 0 ? undefined : { endpoints, masquerade }
}

function isFromPod(detector: LocalDetector | undefined, { source, inInterface }: Packet): boolean {
  switch (detector?.kind) {
    case undefined:
      return false
    case 'network':
      return cidrContains(detector.network, source)
    case 'interface':
      return inInterface === detector.name
    case 'interfacePrefix':
      return inInterface?.startsWith(detector.prefix) ?? false
  }
}

/** A node that is admitted may also use the load balancer address itself as its source, as Linux does if it has it. */
function admits(plan: PortPlan, source: Address): boolean {
  if (plan.sourceRanges.length === 0 || plan.sourceRanges.some((range) => cidrContains(range, source))) return true
  return plan.nodeInSourceRanges && plan.loadBalancerIps.includes(source)
}
