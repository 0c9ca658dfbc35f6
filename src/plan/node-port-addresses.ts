import { familyOf, type Address } from '../net/address.ts'
import { cidrContains, type Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { Node } from '../model/node.ts'

/** On which of the node's addresses node ports are open: those in these networks, or the Node's own. */
export type NodePortNetworks = readonly Cidr[] | 'primary'

/**
 * The addresses of one family that node ports are open on, sorted; `all` when nothing narrows them. A family that the
 * networks do not speak of is open everywhere, and so is one whose networks hold all addresses. Source:
 * kube-proxy's nodePortAddresses, KEP-4963.
 *
 * @param localAddresses Every address of this node's interfaces.
 * @param localhost Whether loopback addresses may be among them: they need more than a rule (see {@link opensLocalhost}).
 */
export function nodePortAddresses(
  networks: NodePortNetworks,
  family: Family,
  node: Node,
  localAddresses: readonly Address[],
  localhost = false,
): readonly Address[] | 'all' {
  if (networks === 'primary') return node.addresses.filter((address) => familyOf(address) === family).slice(0, 1)
  const ofFamily = networks.filter((network) => network.family === family)
  if (ofFamily.length === 0 || ofFamily.some((network) => network.prefix === 0)) return 'all'
  const open = localAddresses.filter(
    (address) => (localhost || !isLoopback(address)) && ofFamily.some((network) => cidrContains(network, address)),
  )
  return [...new Set(open)].sort()
}

/** The same, each address by itself: where nothing narrows them, every local one, loopback as said. */
export function listNodePortAddresses(
  networks: NodePortNetworks,
  family: Family,
  node: Node,
  localAddresses: readonly Address[],
  localhost = false,
): readonly Address[] {
  const open = nodePortAddresses(networks, family, node, localAddresses, localhost)
  if (open !== 'all') return open
  const ofFamily = localAddresses.filter((address) => familyOf(address) === family)
  return [...new Set(ofFamily.filter((address) => localhost || !isLoopback(address)))]
}

export function isLoopback(address: Address): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** fe80::/10: the kernel gives one to each IPv6 interface that is up. */
export function isLinkLocal(address: Address): boolean {
  return /^fe[89ab]/.test(address)
}
