import { joinHostPort, type Address } from '../net/address.ts'
import { optional } from '../model/optional.ts'
import type { PortPlan } from './port-plan.ts'

/** Where clients of one UDP ServicePort send their packets to, in one family, and who may answer them. */
export interface UdpFrontend {
  /** Its cluster IP, external IPs and load balancer addresses. */
  readonly addresses: readonly Address[]
  readonly port: number
  /** Absent without a node port. */
  readonly nodePort?: number
  /** As {@link PortPlan.servingTargets}. */
  readonly targets: readonly string[]
}

export function udpFrontends(plans: readonly PortPlan[]): readonly UdpFrontend[] {
  return plans.flatMap(({ clusterIp, externalIps, loadBalancerIps, port, nodePort, servingTargets: targets }) => {
    if (targets === undefined) return []
    const addresses = [...(clusterIp === undefined ? [] : [clusterIp]), ...externalIps, ...loadBalancerIps]
    return [{ addresses, port, ...optional('nodePort', nodePort), targets }]
  })
}

/**
 * Everything that packets to a frontend may be sent to: `10.96.0.10:53`, `192.0.2.7:30053`.
 *
 * @param nodeAddresses Where node ports are open.
 */
export function frontendDestinations(
  { addresses, port, nodePort }: UdpFrontend,
  nodeAddresses: readonly Address[],
): readonly string[] {
  return [
    ...addresses.map((address) => joinHostPort(address, port)),
    ...(nodePort === undefined ? [] : nodeAddresses.map((address) => joinHostPort(address, nodePort))),
  ]
}
