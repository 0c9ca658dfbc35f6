import { podRRsets } from './pod-name.ts'
import type { RRset } from './rrset.ts'
import { zonalRRsets } from './zonal-name.ts'
import type { Origin } from './origin.ts'
import type { ZoneView } from './zone-view.ts'

/** The RRsets of a name that has some although the zone does not list it; undefined for all others. */
export function computedRRsets(zone: ZoneView, origin: Origin, name: string): readonly RRset[] | undefined {
  return podRRsets(zone, origin, name) ?? zonalRRsets(zone, name)
}
