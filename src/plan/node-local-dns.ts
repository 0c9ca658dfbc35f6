import type { ClusterState } from '../model/cluster-state.ts'
import type { Address } from '../net/address.ts'

/** Packets to these addresses and ports, and those that answer them, stay on the node: untracked, untranslated, let in. */
export interface NodeLocalPackets {
  readonly addresses: readonly Address[]
  readonly ports: readonly NodeLocalPort[]
}

export interface NodeLocalPort {
  readonly protocol: 'udp' | 'tcp'
  readonly port: number
}

export const dnsPorts: readonly NodeLocalPort[] = [
  { protocol: 'udp', port: 53 },
  { protocol: 'tcp', port: 53 },
]

/** The link-local address that NodeLocal DNSCache answers on too. */
const linkLocal = '169.254.20.10'

/** The Service whose cluster IPs the kubelet writes into the pods' resolv.conf, by convention. */
const dnsService = 'kube-system/kube-dns'

/** Where a node answers DNS unless told otherwise: the link-local address and the cluster DNS addresses of both families. */
export function nodeLocalAddresses({ services }: Pick<ClusterState, 'services'>): readonly Address[] {
  return [linkLocal, ...(services.get(dnsService)?.clusterIps ?? [])]
}
