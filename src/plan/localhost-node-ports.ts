import { cidrContains } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { NodePortNetworks } from './node-port-addresses.ts'

/**
 * Whether the node ports of a family are open on loopback addresses: where that is wanted, for IPv4 alone (Linux cannot
 * route from ::1), and if their networks include loopback. A network does that begins in 127.0.0.0/8 or holds its first
 * address. Source: kube-proxy's ContainsIPv4Loopback.
 */
export function opensLocalhost(wanted: boolean, networks: NodePortNetworks, family: Family): boolean {
  if (!wanted || family === 'IPv6' || networks === 'primary') return false
  const ofFamily = networks.filter((network) => network.family === family)
  return (
    ofFamily.length === 0 ||
    ofFamily.some((network) => network.network.startsWith('127.') || cidrContains(network, '127.0.0.0'))
  )
}
