import type { Address } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'

/** A network namespace of the lab: the node, a pod behind it, or a client outside the cluster. */
export type Place = 'node' | 'client' | `backend${number}`

/** The networks of the lab, from the project's one address plan. */
export const podCidr: Readonly<Record<Family, string>> = { IPv4: '10.244.0.0/16', IPv6: '2001:db8:244::/48' }
export const clientCidr: Readonly<Record<Family, string>> = { IPv4: '203.0.113.0/24', IPv6: '2001:db8:203::/64' }

/** The one address of a place, e.g. `10.244.1.12` for `backend2`: no place has two, so a source address names it. */
export function addressOf(place: Place, family: Family): Address {
  switch (place) {
    case 'node':
      return family === 'IPv4' ? '192.0.2.10' : '2001:db8:192::10'
    case 'client':
      return family === 'IPv4' ? '203.0.113.10' : '2001:db8:203::10'
    default: {
      const host = 10 + Number(place.slice('backend'.length))
      return family === 'IPv4' ? `10.244.1.${host}` : `2001:db8:244:1::${host}`
    }
  }
}
