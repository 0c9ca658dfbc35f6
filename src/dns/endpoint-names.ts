import type { Endpoint, EndpointPort } from '../model/endpoint-slice.ts'
import type { Address } from '../net/address.ts'
import { addressLabel } from './address-label.ts'
import { isName } from './name.ts'
import type { ZoneOptions } from './zone-options.ts'

/** The ready endpoints of a service that share one name; usually one, several when pods share a hostname. */
export interface EndpointName {
  /** `10-244-1-7.front.web.svc.cluster.local.` */
  readonly name: string
  readonly addresses: ReadonlySet<Address>
  /** The ports of every endpoint behind the name, repeated for each: SRV weights count them all. */
  readonly ports: readonly EndpointPort[]
}

/** What of an EndpointSlice names are made from. */
export interface EndpointList {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/**
 * Ready endpoints by name, in object order. Only `ready` counts: the EndpointSlice controller sets it for
 * publishNotReadyAddresses too (DNS specification 1.1.0 section 2.4).
 */
export function endpointNames(
  slices: readonly EndpointList[],
  base: string,
  { endpointPodNames }: ZoneOptions,
): readonly EndpointName[] {
  const names = new Map<string, { name: string; addresses: Set<Address>; ports: EndpointPort[] }>()
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      const name = `${endpointLabel(endpoint, endpointPodNames)}.${base}`
      if (!endpoint.ready || !isName(name)) continue
      const entry = names.get(name) ?? { name, addresses: new Set(), ports: [] }
      names.set(name, entry)
      entry.addresses.add(endpoint.address)
      entry.ports.push(...slice.ports)
    }
  }
  return [...names.values()]
}

function endpointLabel({ hostname, podName, address }: Endpoint, podNames = false): string {
  return hostname ?? (podNames ? podName : undefined) ?? addressLabel(address)
}
