import type { IpvsFragment } from '../backends/ipvs/fragment.ts'
import { setNames, type SetName } from '../backends/ipvs/ip-set.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import { serverKey, type VirtualServer } from '../backends/ipvs/virtual-server.ts'
import type { Address } from '../net/address.ts'
import type { Rule } from '../xtables/rule.ts'
import type { StateKeys, StateLookup } from './ipvs-part.ts'

interface Holder {
  readonly service: string
  /** On an address of the node; a service address is never taken for a node port. */
  readonly nodePort: boolean
  readonly server: VirtualServer
}

/**
 * What all services want of the kernel together, and how many of them want each thing: one goes with the last service that
 * wants it. Equal to `joinFragments` of all their fragments, at the cost of the services that change.
 */
export class IpvsShares implements StateLookup {
  readonly #fragments = new Map<string, IpvsFragment>()
  readonly #rules = new Map<string, readonly Rule[]>()
  readonly #holders = new Map<string, readonly Holder[]>()
  readonly #addresses = new Map<Address, number>()
  readonly #members = new Map<SetName, Map<string, number>>(setNames.map((set) => [set, new Map()]))

  readonly servers = { get: (key: string) => winner(this.#holders.get(key)) }
  readonly addresses: StateLookup['addresses'] = this.#addresses
  readonly sets: StateLookup['sets'] = this.#members

  /** What each service wants. */
  get fragments(): ReadonlyMap<string, IpvsFragment> {
    return this.#fragments
  }

  /** What a service wants from now on; undefined: nothing. Returns all that may have changed by it. */
  replace(service: string, fragment: IpvsFragment | undefined): StateKeys {
    const before = this.#fragments.get(service)
    if (before !== undefined) this.#count(service, before, -1)
    this.#rules.delete(service)
    if (fragment === undefined) this.#fragments.delete(service)
    else {
      this.#fragments.set(service, fragment)
      if (fragment.filter.length > 0) this.#rules.set(service, fragment.filter)
      this.#count(service, fragment, 1)
    }
    const both = [before, fragment].filter((part) => part !== undefined)
    return {
      servers: both.flatMap((part) => [...part.addressServers, ...part.nodePortServers]).map(serverKey),
      addresses: both.flatMap((part) => part.addresses),
      members: both.flatMap((part) => part.members),
    }
  }

  /** Services with rules of their own. */
  get rules(): ReadonlyMap<string, readonly Rule[]> {
    return this.#rules
  }

  /** Sets with members. */
  get filled(): ReadonlySet<SetName> {
    return new Set([...this.#members].flatMap(([set, members]) => (members.size > 0 ? [set] : [])))
  }

  /** All of it, sorted; of the sets every name. */
  get state(): IpvsState {
    const keys = [...this.#holders.keys()].sort()
    return {
      servers: new Map(
        keys.flatMap((key) => {
          const server = winner(this.#holders.get(key))
          return server === undefined ? [] : [[key, server] as const]
        }),
      ),
      addresses: new Set([...this.#addresses.keys()].sort()),
      sets: new Map([...this.#members].map(([set, members]) => [set, new Set([...members.keys()].sort())])),
    }
  }

  #count(service: string, fragment: IpvsFragment, by: 1 | -1): void {
    for (const server of fragment.addressServers) this.#hold({ service, nodePort: false, server }, by)
    for (const server of fragment.nodePortServers) this.#hold({ service, nodePort: true, server }, by)
    for (const address of fragment.addresses) countBy(this.#addresses, address, by)
    for (const { set, member } of fragment.members) countBy(this.#members.get(set) ?? new Map(), member, by)
  }

  #hold(holder: Holder, by: 1 | -1): void {
    const key = serverKey(holder.server)
    const others = this.#holders.get(key) ?? []
    const now = by === 1 ? [...others, holder] : others.filter(({ service }) => service !== holder.service)
    if (now.length === 0) this.#holders.delete(key)
    else this.#holders.set(key, now)
  }
}

/** Of several that want a virtual server on the same address and port, the one whose it is. */
function winner(holders: readonly Holder[] | undefined): VirtualServer | undefined {
  return holders?.reduce((best, holder) => (comesBefore(holder, best) ? holder : best)).server
}

/** A service may have one twice, and then the first counts. */
function comesBefore(a: Holder, b: Holder): boolean {
  return a.nodePort === b.nodePort ? a.service < b.service : b.nodePort
}

function countBy<T>(counts: Map<T, number>, key: T, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
