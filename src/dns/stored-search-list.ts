import type { Address } from '../net/address.ts'
import type { Zone } from './zone.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * Keeps the search list of a client beside the zone, so that one snapshot says who asks and what there is; undefined takes it
 * away. The list is that of `autopathList`.
 */
export function putSearchList(zone: Zone, client: Address, list: readonly string[] | undefined): void {
  zone.putValue(keyOf(client), list && new TextEncoder().encode(list.join(' ')))
}

/** Undefined for a client of which none is known. */
export function searchListOf(view: ZoneView, client: Address): readonly string[] | undefined {
  const bytes = view.value(keyOf(client))
  return bytes && new TextDecoder().decode(bytes).split(' ')
}

function keyOf(client: Address): string {
  return `search ${client}`
}
