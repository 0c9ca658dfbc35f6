import { familyOf, type Address } from '../net/address.ts'
import { cidrContains, type Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { Protocol } from '../net/protocol.ts'
import type { EndpointSlice } from '../model/endpoint-slice.ts'
import { keyOf } from '../model/metadata.ts'
import type { Node } from '../model/node.ts'
import { optional } from '../model/optional.ts'
import type { Service, ServicePort } from '../model/service.ts'
import { chooseEndpoints, type EndpointChoice } from './choice.ts'
import type { Claim } from './claim.ts'
import { openDoors, type Doors } from './doors.ts'
import { mergeSlices, portKey, type PlannedEndpoint } from './endpoint.ts'

/** Where packets to one ServicePort go, in one family, on one node. */
export interface PortPlan extends Doors {
  /** `shop/cart:http`, or `shop/cart` when the port has no name: how rules, hashes and people call it. */
  readonly name: string
  readonly protocol: Protocol
  readonly port: number
  /** Clients that load balancer addresses admit; empty admits all. */
  readonly sourceRanges: readonly Cidr[]
  /** Some source range holds this node's address, so that the node may use the load balancer address too. */
  readonly nodeInSourceRanges: boolean
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** Reached by a node port, an external or a load balancer address. */
  readonly external: boolean
  /** Seconds; absent without ClientIP affinity. */
  readonly affinitySeconds?: number
  readonly choice: EndpointChoice
  /** Endpoints known for the port, ready or not: what large-cluster mode counts. */
  readonly endpointCount: number
  /**
   * `10.244.1.7:5353` of every endpoint that serves, whether or not new packets are sent to it; for UDP only, where the
   * kernel keeps sending a client's packets to the endpoint it chose first.
   */
  readonly servingTargets?: readonly string[]
}

/**
 * Plans every port of one service, sorted by port name and protocol. Empty when no rule is due in this family: no such
 * cluster IP, headless, ExternalName, or left to another proxy.
 *
 * @param lost Claims of the service that another service has.
 */
export function planService(
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  family: Family,
  node: Node,
  lost: ReadonlySet<Claim>,
): readonly PortPlan[] {
  const clusterIp = service?.clusterIps.find((address) => familyOf(address) === family)
  if (service === undefined || clusterIp === undefined || service.proxiedElsewhere) return []
  const endpoints = mergeSlices(slices, family, node.name)
  const ports = [...service.ports].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  return ports.map((port) =>
    planPort(
      service,
      port,
      openDoors(service, port, clusterIp, lost),
      endpoints.get(portKey(port.name, port.protocol)) ?? [],
      family,
      node,
    ),
  )
}

function planPort(
  service: Service,
  port: ServicePort,
  doors: Doors,
  endpoints: readonly PlannedEndpoint[],
  family: Family,
  node: Node,
): PortPlan {
  const ranges = service.sourceRanges.filter((range) => range.family === family)
  // One that holds every address restricts nobody, as for kube-proxy.
  const sourceRanges = ranges.some(({ prefix }) => prefix === 0) ? [] : ranges
  const internal = doors.clusterIp !== undefined
  const external = doors.nodePort !== undefined || doors.externalIps.length > 0 || doors.loadBalancerIps.length > 0
  const { externalPolicyLocal, internalPolicyLocal } = service
  return {
    name: port.name === '' ? keyOf(service) : `${keyOf(service)}:${port.name}`,
    protocol: port.protocol,
    port: port.port,
    ...doors,
    sourceRanges,
    nodeInSourceRanges: sourceRanges.some((range) => cidrContains(range, nodeAddress(node, family))),
    externalPolicyLocal,
    internalPolicyLocal,
    external,
    ...optional('affinitySeconds', service.affinitySeconds),
    choice: chooseEndpoints(endpoints, node, {
      cluster: (internal && !internalPolicyLocal) || external,
      local: (internal && internalPolicyLocal) || (externalPolicyLocal && external),
    }),
    endpointCount: endpoints.length,
    ...optional('servingTargets', port.protocol === 'UDP' ? servingTargets(endpoints) : undefined),
  }
}

function servingTargets(endpoints: readonly PlannedEndpoint[]): readonly string[] {
  return endpoints.filter(({ serving }) => serving).map(({ target }) => target)
}

function sortKey(port: ServicePort): string {
  return `${port.name}/${port.protocol}/${port.port}`
}

function nodeAddress(node: Node, family: Family): Address {
  // kube-proxy's defaults while the Node object names no address of the family.
  return node.addresses.find((address) => familyOf(address) === family) ?? (family === 'IPv4' ? '127.0.0.1' : '::1')
}
