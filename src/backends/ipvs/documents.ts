import type { Address } from '../../net/address.ts'
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
export function renderAddresses({ addresses }: IpvsState, family: Family): string {
  return [...addresses]
    .map((address) => ended(`addr add ${hostNetwork(address, family)} dev ${ipvsInterface}`))
    .join('')
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

function hostNetwork(address: Address, family: Family): string {
  return `${address}/${family === 'IPv4' ? 32 : 128}`
}

function ended(line: string): string {
  return `${line}\n`
}
