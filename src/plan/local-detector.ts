import type { Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { Node } from '../model/node.ts'

/** How the traffic of pods on this node is told from all other. Source: kube-proxy's detectLocalMode. */
export type LocalDetection =
  | { readonly mode: 'ClusterCIDR'; readonly networks: readonly Cidr[] }
  /** By the `spec.podCIDRs` of the Node. */
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly name: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string }

/** What a packet of a pod has: an address of this network, or an interface that it came in by. */
export type LocalDetector =
  | { readonly kind: 'network'; readonly network: Cidr }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'interfacePrefix'; readonly prefix: string }

/** Undefined where nothing tells them apart: no network of the family is known. Of several the first counts. */
export function localDetector(detection: LocalDetection, node: Node, family: Family): LocalDetector | undefined {
  switch (detection.mode) {
    case 'ClusterCIDR':
      return ofNetworks(detection.networks, family)
    case 'NodeCIDR':
      return ofNetworks(node.podCidrs, family)
    case 'BridgeInterface':
      return { kind: 'interface', name: detection.name }
    case 'InterfaceNamePrefix':
      return { kind: 'interfacePrefix', prefix: detection.prefix }
  }
}

function ofNetworks(networks: readonly Cidr[], family: Family): LocalDetector | undefined {
  const network = networks.find((candidate) => candidate.family === family)
  return network && { kind: 'network', network }
}
