import type { Kubernetes } from '../config/corefile/plugins/kubernetes.ts'
import { isWithin } from '../dns/name.ts'
import { recordTypes } from '../dns/record-type.ts'
import { resolve, type Resolution } from '../dns/resolution.ts'
import type { Zone } from '../dns/zone.ts'
import type { Block } from './block.ts'
import { followAlias } from './alias.ts'
import type { Handler } from './handler.ts'
import type { Request } from './request.ts'
import { zoneOf } from './zones.ts'

/** Answers for Services, endpoints and pods from what is known of the cluster. */
export function kubernetesPlugin([options]: readonly Kubernetes[], next: Handler, { zone, ask }: Block): Handler {
  if (options === undefined || zone === undefined) return next
  return (request) => {
    const resolution = resolutionOf(options, zone, request)
    if (resolution === undefined) return next(request)
    const reply = { kind: 'resolution', resolution, by: 'kubernetes' } as const
    const target = outsideTarget(resolution, request.query.type)
    return target === undefined ? reply : followAlias(request, reply, target, ask)
  }
}

/**
 * What the plugin says to a query; undefined when it is not its to answer. Only a name that does not exist falls through,
 * and not before the state of the cluster is complete: CoreDNS then sends the names of Services to upstream servers.
 */
function resolutionOf(
  { zones, fallthrough }: Kubernetes,
  zone: Zone,
  { name, query }: Request,
): Resolution | undefined {
  if (zoneOf(name, zones) === undefined) return undefined
  const resolution = resolve(zone, name, query.type)
  const isMissing = resolution.rcode === 'NXDOMAIN' && resolution.answers.length === 0
  return isMissing && zoneOf(name, fallthrough) !== undefined ? undefined : resolution
}

/** Whether the plugin answers a query itself. */
export function isAuthoritative(options: Kubernetes, zone: Zone, request: Request): boolean {
  if (zoneOf(request.name, options.zones) === undefined) return false
  return zoneOf(request.name, options.fallthrough) === undefined || resolutionOf(options, zone, request) !== undefined
}

/** Where an answer ends that leads out of our zones: the name that an ExternalName stands for. */
function outsideTarget({ rcode, origin, answers }: Resolution, type: number): string | undefined {
  if (rcode !== 'NOERROR' || type === recordTypes.CNAME) return undefined
  const data = answers.at(-1)?.rrset.data[0]
  if (data?.type !== 'CNAME' || origin === undefined) return undefined
  return isWithin(data.target.toLowerCase(), origin.name) ? undefined : data.target
}
