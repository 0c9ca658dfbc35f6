import type { Node } from '../model/node.ts'
import type { Address } from '../net/address.ts'
import type { ClusterStore } from './cluster-store.ts'

/**
 * The node that rules are for; one without addresses while the cluster has no such Node.
 *
 * @param nodeAddress What counts as its address in its family, before those of the Node object; absent: those count.
 */
export function thisNode(state: ClusterStore, name: string, nodeAddress: Address | undefined): Node {
  const node = state.nodes.get(name) ?? { kind: 'Node', name, addresses: [], podCidrs: [] }
  return nodeAddress === undefined ? node : { ...node, addresses: [nodeAddress, ...node.addresses] }
}
