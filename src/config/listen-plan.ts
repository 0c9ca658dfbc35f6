import { joinHostPort, type Address } from '../net/address.ts'
import type { AddressPort } from './address-port.ts'
import type { Corefile, ServerBlock } from './corefile/corefile.ts'
import type { Bind, BindTarget } from './corefile/plugins/bind.ts'

/** An address of this machine, and the interface that has it. */
export interface InterfaceAddress {
  readonly interface: string
  readonly address: Address
}

/** One address and port that DNS is answered on, over UDP and TCP. */
export interface DnsListen extends AddressPort {
  /** How metrics name it: `dns://:53` for every address, `dns://169.254.20.10:53` for one that was asked for. */
  readonly server: string
  /** By `bind` or a flag; else it is one of all addresses. */
  readonly named: boolean
  /** What is served there: places in the blocks of the plan, and the zones of each that have this port. */
  readonly blocks: readonly { readonly block: number; readonly zones: readonly string[] }[]
}

/** Where each block of a Corefile listens. */
export interface ListenPlan {
  /** The same Corefile with an address in place of each interface that `bind` names, and with what flags say. */
  readonly corefile: Corefile
  /** Sorted by port, then by address; each address and port once. */
  readonly listen: readonly DnsListen[]
  /** What `bind` names and this machine does not have now: `eth7`. */
  readonly missing: readonly string[]
}

/** Addresses of all Services: IPVS takes their packets before a socket sees them. */
const ipvsInterface = 'kube-ipvs0'

/**
 * A socket for each address: one on 0.0.0.0 replies from whichever address the route prefers, and clients drop that.
 *
 * A block without `bind` listens on every address that no other block has bound on the same port; the kernel prefers the
 * socket of one address to that of all, so CoreDNS serves it in the same way.
 *
 * @param flags Where every block listens in place of what the Corefile says; absent: as it says.
 */
export function listenPlan(
  corefile: Corefile,
  addresses: readonly InterfaceAddress[],
  flags?: readonly AddressPort[],
): ListenPlan {
  const missing = new Set<string>()
  const blocks = flags
    ? placeByFlags(corefile, flags)
    : corefile.blocks.map((one) => placeByBind(one, addresses, missing))
  const places = blocks.flatMap((block, i) => placesOf(block, i, addresses))
  const bound = new Set(places.filter(({ named }) => named).map(placeText))
  const served = places.filter((place) => place.named || !bound.has(placeText(place)))
  const listen = [...Map.groupBy(served, placeText).values()].flatMap(dnsListen)
  return { corefile: { blocks }, listen: listen.sort(byPlace), missing: [...missing].sort() }
}

/**
 * Why the flag for listening addresses does not go with a Corefile; undefined when it does. It says where every block is
 * served, so the Corefile must not say it too, or say more than it can.
 */
export function listenFlagConflict({ blocks }: Corefile): string | undefined {
  if (blocks.some(({ plugins }) => plugins.some(({ name }) => name === 'bind'))) {
    return '--dns-listen and bind in the Corefile both say where to listen; leave one of them out'
  }
  const ports = new Set(blocks.flatMap(({ zones }) => zones.map(({ port }) => port)))
  if (ports.size <= 1) return undefined
  const list = [...ports].sort((a, b) => a - b).join(', ')
  return `--dns-listen says one port for all zones, and the Corefile has several (${list}); leave it out, or write one port`
}

/** Every block once for each port of the flags, bound to the addresses with that port. */
function placeByFlags({ blocks }: Corefile, flags: readonly AddressPort[]): readonly ServerBlock[] {
  const ports = Map.groupBy(flags, ({ port }) => port)
  return [...ports].flatMap(([port, at]) =>
    blocks.map(({ zones, plugins }) => ({
      zones: zones.map(({ zone }) => ({ zone, port })),
      plugins: [bindTo(at.map(({ host }) => host)), ...plugins],
    })),
  )
}

/** @param missing Takes the interfaces that are not there. */
function placeByBind(
  { zones, plugins }: ServerBlock,
  addresses: readonly InterfaceAddress[],
  missing: Set<string>,
): ServerBlock {
  const binds = plugins.filter((plugin) => plugin.name === 'bind')
  if (binds.length === 0) return { zones, plugins }
  const addressesOf = (target: BindTarget): readonly Address[] => {
    if (target.kind === 'address') return [target.address]
    const own = addresses.filter((one) => one.interface === target.name).map(({ address }) => address)
    if (own.length === 0) missing.add(target.name)
    return own
  }
  const hosts = binds.flatMap(({ listen, except }) => {
    const left = new Set(except.flatMap(addressesOf))
    return listen.flatMap(addressesOf).filter((address) => !left.has(address))
  })
  return { zones, plugins: [bindTo(hosts), ...plugins.filter(({ name }) => name !== 'bind')] }
}

function bindTo(hosts: readonly Address[]): Bind {
  const listen = [...new Set(hosts)].map((address) => ({ kind: 'address', address }) as const)
  return { name: 'bind', listen, except: [] }
}

interface Place extends AddressPort {
  readonly named: boolean
  readonly block: number
  readonly zones: readonly string[]
}

/** @param block Its place in the Corefile; its `bind` names addresses alone. */
function placesOf(
  { zones, plugins }: ServerBlock,
  block: number,
  addresses: readonly InterfaceAddress[],
): readonly Place[] {
  const bind = plugins.find((plugin) => plugin.name === 'bind')
  const hosts = bind
    ? bind.listen.flatMap((target) => (target.kind === 'address' ? target.address : []))
    : everyAddress(addresses)
  const ports = Map.groupBy(zones, ({ port }) => port)
  return [...ports].flatMap(([port, served]) =>
    hosts.map((host) => ({ host, port, named: bind !== undefined, block, zones: served.map(({ zone }) => zone) })),
  )
}

function everyAddress(addresses: readonly InterfaceAddress[]): readonly Address[] {
  const usable = addresses.filter((one) => one.interface !== ipvsInterface)
  return [...new Set(usable.map(({ address }) => address))]
}

/** What several blocks have on one address and port. */
function dnsListen(places: readonly Place[]): readonly DnsListen[] {
  const [first] = places
  if (!first) return []
  const { host, port, named } = first
  const blocks = places.map(({ block, zones }) => ({ block, zones }))
  return [{ host, port, named, server: `dns://${named ? joinHostPort(host, port) : `:${port}`}`, blocks }]
}

function placeText({ host, port }: AddressPort): string {
  return joinHostPort(host, port)
}

function byPlace(a: AddressPort, b: AddressPort): number {
  if (a.port !== b.port) return a.port - b.port
  return a.host < b.host ? -1 : 1
}
