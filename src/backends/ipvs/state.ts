import type { Address } from '../../net/address.ts'
import type { IpvsFragment } from './fragment.ts'
import { setNames, type SetName } from './ip-set.ts'
import { serverKey, type VirtualServer } from './virtual-server.ts'

/** What the kernel has, or should have, of one family besides rules. */
export interface IpvsState {
  /** By {@link serverKey}. */
  readonly servers: ReadonlyMap<string, VirtualServer>
  /** Of kube-ipvs0. */
  readonly addresses: ReadonlySet<Address>
  /** The members of each set of ours; absent: there is no such set. */
  readonly sets: ReadonlyMap<SetName, ReadonlySet<string>>
}

/** All services together, each thing once, sorted. A service address is never taken for a node port. */
export function joinFragments(fragments: readonly IpvsFragment[]): IpvsState {
  const servers = new Map<string, VirtualServer>()
  const all = [
    ...fragments.flatMap((part) => part.addressServers),
    ...fragments.flatMap((part) => part.nodePortServers),
  ]
  for (const server of all) {
    const key = serverKey(server)
    if (!servers.has(key)) servers.set(key, server)
  }
  const members = Map.groupBy(
    fragments.flatMap((part) => part.members),
    ({ set }) => set,
  )
  return {
    servers: new Map([...servers].sort(([a], [b]) => (a < b ? -1 : 1))),
    addresses: new Set(fragments.flatMap((part) => part.addresses).sort()),
    sets: new Map(
      setNames.map((name) => [
        name,
        new Set(
          members
            .get(name)
            ?.map(({ member }) => member)
            .sort(),
        ),
      ]),
    ),
  }
}
