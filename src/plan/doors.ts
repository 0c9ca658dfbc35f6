import { familyOf, type Address } from '../net/address.ts'
import type { Protocol } from '../net/protocol.ts'
import { optional } from '../model/optional.ts'
import type { Service, ServicePort } from '../model/service.ts'
import { addressClaim, nodePortClaim, type Claim } from './claim.ts'

/** Where one service port is reached, in one family. What another service has is not listed. */
export interface Doors {
  readonly clusterIp?: Address
  readonly externalIps: readonly Address[]
  readonly loadBalancerIps: readonly Address[]
  readonly nodePort?: number
  readonly healthCheckNodePort?: number
}

/**
 * The doors of a service port in the family of its cluster IP.
 *
 * @param lost Claims of the service that another service has.
 */
export function openDoors(service: Service, port: ServicePort, clusterIp: Address, lost: ReadonlySet<Claim>): Doors {
  const family = familyOf(clusterIp)
  const isOpen = (address: Address) =>
    familyOf(address) === family && !(lost.size > 0 && lost.has(addressClaim(address, port.protocol, port.port)))
  const openPort = (protocol: Protocol, number: number | undefined) =>
    number !== undefined && lost.size > 0 && lost.has(nodePortClaim(family, protocol, number)) ? undefined : number
  return {
    ...optional('clusterIp', isOpen(clusterIp) ? clusterIp : undefined),
    externalIps: service.externalIps.filter(isOpen),
    loadBalancerIps: service.loadBalancerIps.filter(isOpen),
    ...optional('nodePort', openPort(port.protocol, port.nodePort)),
    ...optional('healthCheckNodePort', openPort('TCP', service.healthCheckNodePort)),
  }
}

/** All that a service claims: a claim for each door it would have if it were alone. Empty where no rule is due for it. */
export function claimsOf(service: Service): ReadonlySet<Claim> {
  const claims = new Set<Claim>()
  for (const clusterIp of service.proxiedElsewhere ? [] : service.clusterIps) {
    for (const port of service.ports) {
      const doors = openDoors(service, port, clusterIp, nothing)
      const nodePort = (protocol: Protocol, number: number | undefined) =>
        number !== undefined && claims.add(nodePortClaim(familyOf(clusterIp), protocol, number))
      for (const address of [clusterIp, ...doors.externalIps, ...doors.loadBalancerIps]) {
        claims.add(addressClaim(address, port.protocol, port.port))
      }
      nodePort(port.protocol, doors.nodePort)
      nodePort('TCP', doors.healthCheckNodePort)
    }
  }
  return claims
}

const nothing: ReadonlySet<Claim> = new Set()
