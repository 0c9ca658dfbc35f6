import type { EndpointSlice } from '../model/endpoint-slice.ts'
import type { Service } from '../model/service.ts'
import { familyOf } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import { nodePortClaim, type Claim } from './claim.ts'
import { mergeSlices } from './endpoint.ts'

/** What load balancers are told about one service in one family, at its health-check node port. */
export interface HealthCheck {
  readonly port: number
  /** Addresses of ready endpoints on this node, over all ports of the service; one that terminates is not ready. */
  readonly localEndpoints: number
}

/**
 * The health check of one service. Undefined when it has none in this family: only a load balancer with
 * externalTrafficPolicy Local has one, and only where it has a cluster IP.
 *
 * @param lost Claims of the service that another service has.
 */
export function planHealthCheck(
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  family: Family,
  nodeName: string,
  lost: ReadonlySet<Claim>,
): HealthCheck | undefined {
  const port = service?.healthCheckNodePort
  if (service === undefined || port === undefined || service.proxiedElsewhere) return undefined
  if (!service.clusterIps.some((address) => familyOf(address) === family)) return undefined
  if (lost.has(nodePortClaim(family, 'TCP', port))) return undefined
  const endpoints = [...mergeSlices(slices, family, nodeName).values()].flat()
  const ready = endpoints.filter((endpoint) => endpoint.local && endpoint.ready)
  return { port, localEndpoints: new Set(ready.map(({ address }) => address)).size }
}
