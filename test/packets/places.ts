import { addressOf, type Place } from '../../src/host/lab/addresses.ts'
import { nodeInterface } from '../../src/host/lab/network.ts'
import type { Address } from '../../src/net/address.ts'
import type { Family } from '../../src/net/family.ts'

/** Whoever sends or receives in the packet table, by the place in the lab that plays it. */
export const places = {
  /** A pod of this node, like `beside`. */
  here: 'backend1',
  beside: 'backend2',
  /** A pod of another node, like `yonder`; the lab says so of a pod that the node reaches as all others. */
  there: 'backend3',
  yonder: 'backend4',
  /** A pod of this node that no service leads to. */
  pod: 'backend5',
  /** Whatever the node has no nearer route for. */
  outside: 'backend6',
  node: 'node',
  client: 'client',
} as const satisfies Record<string, Place>

export type Name = keyof typeof places

const local = ['node', 'here', 'beside'] as const
const remote = ['there', 'yonder'] as const
export const endpoints = [...local, ...remote] as const
export type Endpoint = (typeof endpoints)[number]

export const thisNode = 'node-1'

/** The endpoint of that name; throws when there is none. */
export function endpointOf(name: string): Endpoint {
  const endpoint = endpoints.find((candidate) => candidate === name)
  if (endpoint === undefined) throw new Error(`no endpoint ${name}`)
  return endpoint
}

export function nodeNameOf(endpoint: Endpoint): string {
  return remote.some((name) => name === endpoint) ? 'node-2' : thisNode
}

export function addressIn(family: Family, name: Name): Address {
  return addressOf(places[name], family)
}

/** The second address of the node, in the network of the first. */
export const secondAddress: Readonly<Record<Family, Address>> = { IPv4: '192.0.2.11', IPv6: '2001:db8:192::11' }
/** A second address of the client, which no source range admits. */
export const strangerAddress: Readonly<Record<Family, Address>> = { IPv4: '203.0.113.200', IPv6: '2001:db8:203::200' }

/** Who sends; `vip` is the node where it has the load balancer address that it sends to. */
export type Sender = 'here' | 'pod' | 'node' | 'client' | 'stranger' | 'localhost' | 'vip'

/** Absent for what the node itself sends. */
export function interfaceOf(sender: Sender): string | undefined {
  const place = placeOf(sender)
  return place === 'node' ? undefined : nodeInterface(place)
}

export function placeOf(sender: Sender): Place {
  switch (sender) {
    case 'here':
    case 'pod':
      return places[sender]
    case 'client':
    case 'stranger':
      return 'client'
    case 'node':
    case 'localhost':
    case 'vip':
      return 'node'
  }
}
