import type { Address } from '../../net/address.ts'
import { protocolWord, type Protocol } from '../../net/protocol.ts'
import type { SetName } from './ip-set.ts'
import type { IpvsState } from './state.ts'
import type { VirtualServer } from './virtual-server.ts'

/** The sets that name virtual servers on addresses of services: while one does, KUBE-IPVS-FILTER lets new connections in. */
export const doorSets: ReadonlySet<SetName> = new Set([
  'KUBE-CLUSTER-IP',
  'KUBE-EXTERNAL-IP',
  'KUBE-EXTERNAL-IP-LOCAL',
  'KUBE-LOAD-BALANCER',
])

const nodePortSets: Readonly<Record<Protocol, SetName>> = {
  TCP: 'KUBE-NODE-PORT-TCP',
  UDP: 'KUBE-NODE-PORT-UDP',
  SCTP: 'KUBE-NODE-PORT-SCTP-HASH',
}

/**
 * Tells the virtual servers that an agent before us made, this program or kube-proxy, from those of others. IPVS has no
 * place for a mark, so what stands beside them counts: the address is on kube-ipvs0 or named as such by a set of ours, which
 * it is before the first virtual server comes and until the last has gone; a set of ours names address and port; or it is an
 * address of the node and a set of ours names its port as a node port.
 *
 * @param nodeAddresses What other interfaces than kube-ipvs0 have.
 */
export function recordedServers(
  { addresses, sets }: Omit<IpvsState, 'servers'>,
  nodeAddresses: ReadonlySet<Address>,
): (server: VirtualServer) => boolean {
  const has = (set: SetName, member: string) => sets.get(set)?.has(member) === true
  return ({ address, port, protocol }) => {
    const door = `${address},${protocolWord(protocol)}:${port}`
    const nodePort = protocol === 'SCTP' ? door : String(port)
    return (
      addresses.has(address) ||
      has('KUBE-IPVS-IPS', address) ||
      [...doorSets].some((set) => has(set, door)) ||
      (nodeAddresses.has(address) && has(nodePortSets[protocol], nodePort))
    )
  }
}
