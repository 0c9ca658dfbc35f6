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
import { mergeSlices, portKey, type PlannedEndpoint } from './endpoint.ts'

/** Where packets to one ServicePort go, in one family, on one node. */
export interface PortPlan {
  /** `shop/cart:http`, or `shop/cart` when the port has no name: how rules, hashes and people call it. */
  readonly name: string
  readonly protocol: Protocol
  readonly clusterIp: Address
  readonly port: number
  /** Absent without a node port. */
  readonly nodePort?: number
  readonly externalIps: readonly Address[]
  readonly loadBalancerIps: readonly Address[]
  /** Clients that load balancer addresses admit; empty admits all. */
  readonly sourceRanges: readonly Cidr[]
  /** Some source range holds this node's address, so that the node may use the load balancer address too. */
  readonly nodeInSourceRanges: boolean
  readonly healthCheckNodePort?: number
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** Reached by more than its cluster IP. */
  readonly external: boolean
  /** Seconds; absent without ClientIP affinity. */
  readonly affinitySeconds?: number
  readonly choice: EndpointChoice
  /** Endpoints known for the port, ready or not: what large-cluster mode counts. */
  readonly endpointCount: number
}

/**
 * Plans every port of one service, sorted by port name and protocol. Empty when no rule is due in this family: no such
 * cluster IP, headless, ExternalName, or left to another proxy.
 */
export function planService(
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  family: Family,
  node: Node,
): readonly PortPlan[] {
  const clusterIp = service?.clusterIps.find((address) => familyOf(address) === family)
  if (service === undefined || clusterIp === undefined || service.proxiedElsewhere) return []
  const endpoints = mergeSlices(slices, family, node.name)
  const ports = [...service.ports].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  return ports.map((port) =>
    planPort(service, port, clusterIp, endpoints.get(portKey(port.name, port.protocol)) ?? [], node),
  )
}

function planPort(
  service: Service,
  port: ServicePort,
  clusterIp: Address,
  endpoints: readonly PlannedEndpoint[],
  node: Node,
): PortPlan {
  const family = familyOf(clusterIp)
  const ofFamily = (address: Address) => familyOf(address) === family
  const externalIps = service.externalIps.filter(ofFamily)
  const loadBalancerIps = service.loadBalancerIps.filter(ofFamily)
  const sourceRanges = service.sourceRanges.filter((range) => range.family === family)
  const external = port.nodePort !== undefined || externalIps.length > 0 || loadBalancerIps.length > 0
  const { externalPolicyLocal, internalPolicyLocal } = service
  return {
    name: port.name === '' ? keyOf(service) : `${keyOf(service)}:${port.name}`,
    protocol: port.protocol,
    clusterIp,
    port: port.port,
    ...optional('nodePort', port.nodePort),
    externalIps,
    loadBalancerIps,
    sourceRanges,
    nodeInSourceRanges: sourceRanges.some((range) => cidrContains(range, nodeAddress(node, family))),
    ...optional('healthCheckNodePort', service.healthCheckNodePort),
    externalPolicyLocal,
    internalPolicyLocal,
    external,
    ...optional('affinitySeconds', service.affinitySeconds),
    choice: chooseEndpoints(endpoints, node, {
      cluster: !internalPolicyLocal || external,
      local: internalPolicyLocal || (externalPolicyLocal && external),
    }),
    endpointCount: endpoints.length,
  }
}

function sortKey(port: ServicePort): string {
  return `${port.name}/${port.protocol}/${port.port}`
}

function nodeAddress(node: Node, family: Family): Address {
  // kube-proxy's defaults while the Node object names no address of the family.
  return node.addresses.find((address) => familyOf(address) === family) ?? (family === 'IPv4' ? '127.0.0.1' : '::1')
}
