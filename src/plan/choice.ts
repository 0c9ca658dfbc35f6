import type { Node } from '../model/node.ts'
import { sortByTarget, type PlannedEndpoint } from './endpoint.ts'
import { preferredEndpoints } from './topology.ts'

/** Which endpoints each traffic policy of a service port leads to. */
export interface EndpointChoice {
  /** For policy Cluster. */
  readonly cluster: readonly PlannedEndpoint[]
  /** For policy Local: those on this node; empty when no policy of the port is Local. */
  readonly local: readonly PlannedEndpoint[]
  /** Every endpoint that some packet on this node can be sent to. */
  readonly reachable: readonly PlannedEndpoint[]
  /** Some endpoint is usable, on whichever node: without one the port refuses, with only remote ones policy Local drops. */
  readonly usableAnywhere: boolean
}

/**
 * Ready endpoints; where there is none, those that still serve while they terminate (KEP-1669). Cluster and Local fall
 * back independently of each other.
 */
export function chooseEndpoints(
  endpoints: readonly PlannedEndpoint[],
  node: Node,
  uses: { readonly cluster: boolean; readonly local: boolean },
): EndpointChoice {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  const draining = endpoints.filter((endpoint) => !endpoint.ready && endpoint.serving && endpoint.terminating)
  const preferred = uses.cluster ? preferredEndpoints(ready, node) : []
  const cluster = uses.cluster && preferred.length === 0 ? draining : preferred
  const local = uses.local ? readyElseDraining(ready.filter(isLocal), draining.filter(isLocal)) : []
  return {
    cluster,
    local,
    reachable: union(cluster, local),
    usableAnywhere: cluster.length > 0 || (uses.local && ready.length + draining.length > 0),
  }
}

function isLocal(endpoint: PlannedEndpoint): boolean {
  return endpoint.local
}

function readyElseDraining(
  ready: readonly PlannedEndpoint[],
  draining: readonly PlannedEndpoint[],
): readonly PlannedEndpoint[] {
  return ready.length > 0 ? ready : draining
}

function union(a: readonly PlannedEndpoint[], b: readonly PlannedEndpoint[]): readonly PlannedEndpoint[] {
  if (b.length === 0) return a
  const byTarget = new Map([...a, ...b].map((endpoint) => [endpoint.target, endpoint]))
  return sortByTarget([...byTarget.values()])
}
