import { setNames, type SetMember, type SetName } from '../backends/ipvs/ip-set.ts'
import type { RealServerOf } from '../backends/ipvs/server-diff.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import { serverKey, type VirtualServer } from '../backends/ipvs/virtual-server.ts'
import type { Address } from '../net/address.ts'

/** Names of parts of a state; each may be there more than once. */
export interface StateKeys {
  readonly servers: readonly string[]
  readonly addresses: readonly Address[]
  readonly members: readonly SetMember[]
}

/** A state as far as it can be asked for single parts. */
export interface StateLookup {
  readonly servers: { get(key: string): VirtualServer | undefined }
  readonly addresses: { has(address: Address): boolean }
  readonly sets: { get(set: SetName): { has(member: string): boolean } | undefined }
}

/** The parts that have these names, sorted; every set is there. */
export function partOf({ servers, addresses, sets }: StateLookup, keys: StateKeys): IpvsState {
  const members = new Map<SetName, string[]>(setNames.map((set) => [set, []]))
  for (const { set, member } of keys.members) if (sets.get(set)?.has(member)) members.get(set)?.push(member)
  const found = [...new Set(keys.servers)].sort().flatMap((key) => {
    const server = servers.get(key)
    return server === undefined ? [] : [[key, server] as const]
  })
  return {
    servers: new Map(found),
    addresses: new Set(keys.addresses.filter((address) => addresses.has(address)).sort()),
    sets: new Map([...members].map(([set, list]) => [set, new Set(list.sort())])),
  }
}

export function joinKeys(parts: readonly StateKeys[]): StateKeys {
  return {
    servers: parts.flatMap(({ servers }) => servers),
    addresses: parts.flatMap(({ addresses }) => addresses),
    members: parts.flatMap(({ members }) => members),
  }
}

/** The kernel as it was when it was last known: each change replaces the parts that it names. */
export class HeldState implements IpvsState {
  readonly servers: Map<string, VirtualServer>
  readonly addresses: Set<Address>
  readonly sets: Map<SetName, Set<string>>

  constructor({ servers, addresses, sets }: IpvsState) {
    this.servers = new Map(servers)
    this.addresses = new Set(addresses)
    this.sets = new Map([...sets].map(([set, members]) => [set, new Set(members)]))
  }

  /** Puts parts of another state in the place of what had these names. */
  replace({ servers, addresses, members }: StateKeys, by: IpvsState): void {
    for (const key of servers) this.servers.delete(key)
    for (const address of addresses) this.addresses.delete(address)
    for (const { set, member } of members) this.sets.get(set)?.delete(member)
    for (const [key, server] of by.servers) this.servers.set(key, server)
    for (const address of by.addresses) this.addresses.add(address)
    for (const [set, list] of by.sets) for (const member of list) this.sets.get(set)?.add(member)
  }

  /** Says that real servers have gone. */
  drop(reals: readonly RealServerOf[]): void {
    for (const { server, real } of reals) {
      const key = serverKey(server)
      const held = this.servers.get(key)
      if (held === undefined) continue
      const left = held.realServers.filter(({ target }) => target !== real.target)
      this.servers.set(key, { ...held, realServers: left })
    }
  }
}
