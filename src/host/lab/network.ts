import type { Family } from '../../net/family.ts'
import { addressOf, clientCidr, type Place } from './addresses.ts'

/** What one write to `/proc/sys` sets: every path under it gets the value. */
interface Setting {
  readonly value: string
  readonly paths: readonly string[]
}

// Every node interface answers to this address, so that it can be the IPv6 gateway of each neighbour.
const gateway = 'fe80::1'

/**
 * Kernel settings that a namespace needs before it has interfaces, because interfaces copy them as they appear.
 * Without duplicate address detection an IPv6 address works at once instead of after a second.
 */
export function settingsOf(place: Place, families: readonly Family[]): readonly Setting[] {
  const ipv6 = families.includes('IPv6')
  const forwarding = ['net/ipv4/conf/all/forwarding', ...(ipv6 ? ['net/ipv6/conf/all/forwarding'] : [])]
  // A client's packet to an address that no rule catches would go back out to the client, with an ICMP redirect that
  // uses up what the kernel lets one peer have of ICMP: the "port unreachable" of a REJECT would then never be sent.
  const redirects = ['net/ipv4/conf/all/send_redirects', 'net/ipv4/conf/default/send_redirects']
  return [
    ...(ipv6 ? [{ value: '0', paths: ['net/ipv6/conf/all/accept_dad', 'net/ipv6/conf/default/accept_dad'] }] : []),
    ...(place === 'node'
      ? [
          { value: '1', paths: forwarding },
          { value: '0', paths: redirects },
        ]
      : []),
  ]
}

/** `ip` batch lines that join every place to the node; both ends are born inside, so the host never sees them. */
export function linkLines(places: readonly Place[], nameOf: (place: Place) => string): readonly string[] {
  return places
    .filter((place) => place !== 'node')
    .map(
      (place) =>
        `link add ${nodeInterface(place)} netns ${nameOf('node')} type veth peer name eth0 netns ${nameOf(place)}`,
    )
}

/** `ip` batch lines, run inside `place`, that bring its interfaces up and give it addresses and routes. */
export function interfaceLines(place: Place, places: readonly Place[], families: readonly Family[]): readonly string[] {
  const neighbours = places.filter((other) => other !== 'node')
  return place === 'node'
    ? [
        'link set lo up',
        ...neighbours.map((neighbour) => `link set ${nodeInterface(neighbour)} up`),
        ...families.flatMap((family) => nodeLines(neighbours, family)),
      ]
    : ['link set lo up', 'link set eth0 up', ...families.flatMap((family) => neighbourLines(place, family))]
}

/** The node's end of the wire to `place`. */
export function nodeInterface(place: Place): string {
  return place === 'client' ? 'uplink' : place
}

function neighbourLines(place: Place, family: Family): readonly string[] {
  const own = `address add ${addressOf(place, family)}/${hostBits(family)} dev eth0`
  // IPv4 answers ARP for any address of the node on any interface; IPv6 only for those of the interface itself.
  return family === 'IPv4'
    ? [own, `route add default via ${addressOf('node', 'IPv4')} dev eth0 onlink`]
    : [`${own} nodad`, `route add default via ${gateway} dev eth0`]
}

function nodeLines(neighbours: readonly Place[], family: Family): readonly string[] {
  const node = addressOf('node', family)
  return [
    // The node's only address: whatever it masquerades is then seen as coming from it.
    `address add ${node}/${hostBits(family)} dev uplink${family === 'IPv6' ? ' nodad' : ''}`,
    ...neighbours.flatMap((neighbour) => [
      ...(family === 'IPv6' ? [`address add ${gateway}/64 dev ${nodeInterface(neighbour)} nodad`] : []),
      `route add ${networkOf(neighbour, family)} dev ${nodeInterface(neighbour)} src ${node}`,
    ]),
    // A node has a way out: a service address that no rule catches leaves by it, and the client drops it.
    `route add default via ${addressOf('client', family)} dev uplink src ${node}`,
  ]
}

function networkOf(place: Place, family: Family): string {
  return place === 'client' ? clientCidr[family] : `${addressOf(place, family)}/${hostBits(family)}`
}

function hostBits(family: Family): number {
  return family === 'IPv4' ? 32 : 128
}
