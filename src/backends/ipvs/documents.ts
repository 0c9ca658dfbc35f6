import { familyOf, type Address } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import { addLine, createLine } from './ip-set.ts'
import type { IpvsState } from './state.ts'
import { serverLines } from './virtual-server.ts'

/** The dummy interface that has every address of a service; it is never up, and needs not be. */
export const ipvsInterface = 'kube-ipvs0'

/** What `ipvsadm -R` takes, in the form of `ipvsadm -S -n`. */
export function renderServers({ servers }: IpvsState): string {
  return [...servers.values()].flatMap((server) => serverLines(server).map(ended)).join('')
}

/** What `ip -batch -` takes; the interface must be there. */
export function renderAddresses({ addresses }: IpvsState): string {
  return [...addresses].map((address) => ended(addressLine(address))).join('')
}

/** What adds an address to the interface: `addr add 10.96.0.10/32 dev kube-ipvs0`. */
export function addressLine(address: Address): string {
  return `addr add ${addressWords(address)}`
}

/** `10.96.0.10/32 dev kube-ipvs0` */
export function addressWords(address: Address): string {
  return `${address}/${familyOf(address) === 'IPv4' ? 32 : 128} dev ${ipvsInterface}`
}

/** What `ipset restore` takes, all sets of the family. */
export function renderSets({ sets }: IpvsState, family: Family): string {
  return [...sets]
    .flatMap(([set, members]) => [
      createLine(set, family),
      ...[...members].map((member) => addLine({ set, member }, family)),
    ])
    .map(ended)
    .join('')
}

function ended(line: string): string {
  return `${line}\n`
}
