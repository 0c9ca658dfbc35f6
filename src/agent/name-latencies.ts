import type { ModelObject } from '../model/object.ts'
import { keyOf } from '../model/metadata.ts'
import type { Service } from '../model/service.ts'

/**
 * How many seconds it took from the change of an endpoint, as its slice says, to names that lead to it: those of headless
 * services, since of others the names stay. Source: CoreDNS's plugin kubernetes, which counts these alone.
 *
 * @param put What is answered by since `now`; both times are milliseconds since 1970.
 * @param since Changes before it are older than we are.
 */
export function nameLatencies(
  put: readonly ModelObject[],
  services: ReadonlyMap<string, Service>,
  since: number,
  now: number,
): readonly number[] {
  return put.flatMap((object) => {
    if (object.kind !== 'EndpointSlice' || (object.changeTriggeredAt ?? 0) <= since) return []
    const service = services.get(keyOf({ namespace: object.namespace, name: object.serviceName }))
    if (service?.headless !== true) return []
    return Math.max(0, now - (object.changeTriggeredAt ?? now)) / 1000
  })
}
