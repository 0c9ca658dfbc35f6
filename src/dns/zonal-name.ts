import type { RRset } from './rrset.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * The RRsets of a name for a topology zone without endpoints of the service: none below `pin`, those of the whole service
 * below `prefer`. Undefined when it is no such name, and for a service that is not headless.
 */
export function zonalRRsets(zone: ZoneView, name: string): readonly RRset[] | undefined {
  if (zone.options.zonal !== true) return undefined
  const [, directive = '', service = ''] = /\.(pin|prefer)\._zone\.(.*)$/.exec(name) ?? []
  if (!zone.exists(`${directive}._zone.${service}`)) return undefined
  return directive === 'pin' ? [] : zone.owners.get(service)
}
