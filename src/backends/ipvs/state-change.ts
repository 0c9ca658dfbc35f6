import type { Address } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import { diffAddresses } from './address-diff.ts'
import { addLine, createLine, deleteLine, type SetMember } from './ip-set.ts'
import { diffServers, serverRemovalLines, type ServerDiff } from './server-diff.ts'
import { doorSets } from './server-record.ts'
import { diffSets } from './set-diff.ts'
import type { IpvsState } from './state.ts'
import type { VirtualServer } from './virtual-server.ts'

/**
 * What makes one state another, in the order in which the kernel is to get it, so that no packet meets a half-built
 * service: lines for `ipset restore`, `ipvsadm -R` and `ip -batch -`.
 */
export interface StateChange {
  /** Sets, and the members that say how packets are treated. */
  readonly setsAhead: readonly string[]
  /** Virtual servers, each with its real servers at once. */
  readonly servers: ServerDiff
  /** Members that admit new connections to a virtual server on an address of kube-ipvs0. */
  readonly opened: readonly string[]
  /** Last: until an address is bound, its packets are not for this node. */
  readonly bound: readonly string[]
  /** From here on the same in reverse: first nobody new is admitted. */
  readonly closed: readonly string[]
  readonly serversGone: readonly string[]
  readonly setsBehind: readonly string[]
  readonly unbound: readonly string[]
}

export interface ChangeContext {
  readonly family: Family
  /** Whether kube-ipvs0 has an address, or will have. */
  readonly isBound: (address: Address) => boolean
  /** Whether a virtual server that is not wanted is ours to remove. */
  readonly isOurs: (server: VirtualServer) => boolean
}

export function changeState(
  held: IpvsState,
  wanted: IpvsState,
  { family, isBound, isOurs }: ChangeContext,
): StateChange {
  const sets = diffSets(held.sets, wanted.sets)
  const addresses = diffAddresses(held.addresses, wanted.addresses)
  const servers = diffServers(held.servers, wanted.servers, isOurs)
  // Of others it is the virtual server that a set speaks of, so the set speaks of it for as long as there is one.
  const isDoor = ({ set, member }: SetMember) => doorSets.has(set) && isBound(member.slice(0, member.indexOf(',')))
  const add = (members: readonly SetMember[]) => members.map((member) => addLine(member, family))
  const remove = (members: readonly SetMember[]) => members.map((member) => deleteLine(member, family))
  return {
    setsAhead: [
      ...sets.created.map((set) => createLine(set, family)),
      ...add(sets.added.filter((member) => !isDoor(member))),
    ],
    servers,
    opened: add(sets.added.filter(isDoor)),
    bound: addresses.additions,
    closed: remove(sets.removed.filter(isDoor)),
    serversGone: serverRemovalLines(servers),
    setsBehind: remove(sets.removed.filter((member) => !isDoor(member))),
    unbound: addresses.removals,
  }
}
