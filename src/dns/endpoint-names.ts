import type { Endpoint, EndpointPort, EndpointSlice } from '../model/endpoint-slice.ts'
import type { Address } from '../net/address.ts'
import { isName } from './name.ts'

/** The ready endpoints of a service that share one name; usually one, several when pods share a hostname. */
export interface EndpointName {
  /** `10-244-1-7.front.web.svc.cluster.local.` */
  readonly name: string
  readonly addresses: ReadonlySet<Address>
  /** The ports of every endpoint behind the name, repeated for each: SRV weights count them all. */
  readonly ports: readonly EndpointPort[]
}

/**
 * Ready endpoints by name, in object order. Only `ready` counts: the EndpointSlice controller sets it for
 * publishNotReadyAddresses too (DNS specification 1.1.0 section 2.4).
 */
export function endpointNames(slices: readonly EndpointSlice[], base: string): readonly EndpointName[] {
  const names = new Map<string, { name: string; addresses: Set<Address>; ports: EndpointPort[] }>()
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      const name = `${endpointLabel(endpoint)}.${base}`
      if (!endpoint.ready || !isName(name)) continue
      const entry = names.get(name) ?? { name, addresses: new Set(), ports: [] }
      names.set(name, entry)
      entry.addresses.add(endpoint.address)
      entry.ports.push(...slice.ports)
    }
  }
  return [...names.values()]
}

/** The hostname, or the address with dashes; `2001:db8::` becomes `2001-db8--0`, since a label may not end in a dash. */
function endpointLabel(endpoint: Endpoint): string {
  if (endpoint.hostname !== undefined) return endpoint.hostname
  return endpoint.address.replaceAll(/[.:]/g, '-').replace(/-$/, '-0')
}
