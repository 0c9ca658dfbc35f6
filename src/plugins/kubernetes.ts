import type { K8sExternal } from '../config/corefile/plugins/k8s-external.ts'
import type { Kubernetes } from '../config/corefile/plugins/kubernetes.ts'
import { resolve, type Resolution } from '../dns/resolution.ts'
import { followAlias } from './alias.ts'
import type { Block } from './block.ts'
import type { Handler } from './handler.ts'
import type { Request } from './request.ts'
import { viewOf, type ZoneSource } from './zone-source.ts'
import { zoneOf } from './zones.ts'

/** Answers for Services, endpoints and pods from what is known of the cluster. */
export function kubernetesPlugin([options]: readonly Kubernetes[], next: Handler, block: Block): Handler {
  return options === undefined ? next : clusterHandler(options, block.zones, next, block)
}

/** Answers for the addresses that Services have outside the cluster. */
export function externalPlugin([options]: readonly K8sExternal[], next: Handler, block: Block): Handler {
  return options === undefined ? next : clusterHandler(options, block.externalZones, next, block)
}

function clusterHandler(
  options: Kubernetes | K8sExternal,
  sources: readonly ZoneSource[],
  next: Handler,
  { ask }: Block,
): Handler {
  return (request) => {
    const resolution = resolutionOf(options, sources, request)
    if (resolution === undefined) return next(request)
    const reply = { kind: 'resolution', resolution, by: options.name } as const
    return resolution.outside === undefined ? reply : followAlias(request, reply, resolution.outside, ask)
  }
}

/**
 * What the plugin says to a query; undefined when it is not its to answer. Only a name that does not exist falls through,
 * and not before the state of the cluster is complete: CoreDNS then sends the names of Services to upstream servers.
 */
function resolutionOf(
  { fallthrough }: Kubernetes | K8sExternal,
  sources: readonly ZoneSource[],
  { name, query }: Request,
): Resolution | undefined {
  const view = viewOf(sources, name)
  if (view === undefined) return undefined
  const resolution = resolve(view, name, query.type)
  const isMissing = resolution.rcode === 'NXDOMAIN' && resolution.answers.length === 0
  return isMissing && zoneOf(name, fallthrough) !== undefined ? undefined : resolution
}

/** Whether the plugin answers a query itself. */
export function isAuthoritative(
  options: Kubernetes | K8sExternal,
  sources: readonly ZoneSource[],
  request: Request,
): boolean {
  if (viewOf(sources, request.name) === undefined) return false
  return (
    zoneOf(request.name, options.fallthrough) === undefined || resolutionOf(options, sources, request) !== undefined
  )
}
