import { joinHostPort, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { Protocol } from '../net/protocol.ts'
import type { Endpoint, EndpointSlice } from '../model/endpoint-slice.ts'
import { optional } from '../model/optional.ts'

/** One address and port that a packet may be sent to. */
export interface PlannedEndpoint {
  readonly address: Address
  /** `10.244.1.7:8080`, `[2001:db8::7]:8080`. */
  readonly target: string
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  /** Runs on the node that the plan is for. */
  readonly local: boolean
  readonly zoneHints?: readonly string[]
  readonly nodeHints?: readonly string[]
}

/** Endpoints by service port, keyed as {@link portKey} does, each list sorted by target. */
export type EndpointsByPort = ReadonlyMap<string, readonly PlannedEndpoint[]>

export function portKey(name: string, protocol: Protocol): string {
  return `${name}/${protocol}`
}

/**
 * Merges the slices of one service. The same target in two slices (an endpoint moving between them) counts once: a
 * later one replaces an earlier one unless the later one is terminating. Source: kube-proxy's EndpointSlice cache.
 */
export function mergeSlices(slices: readonly EndpointSlice[], family: Family, nodeName: string): EndpointsByPort {
  const merged = new Map<string, Map<string, PlannedEndpoint>>()
  for (const slice of slices) {
    if (slice.family !== family || slice.proxiedElsewhere) continue
    for (const { name, protocol, port } of slice.ports) {
      const key = portKey(name, protocol)
      const targets = merged.get(key) ?? new Map<string, PlannedEndpoint>()
      merged.set(key, targets)
      for (const endpoint of slice.endpoints) {
        const planned = plannedEndpoint(endpoint, port, nodeName)
        if (!targets.has(planned.target) || !planned.terminating) targets.set(planned.target, planned)
      }
    }
  }
  return new Map([...merged].map(([key, targets]) => [key, sortByTarget([...targets.values()])]))
}

/** Byte order of the text, as kube-proxy sorts: `10.0.0.10:80` stands before `10.0.0.9:80`. */
export function sortByTarget(endpoints: PlannedEndpoint[]): readonly PlannedEndpoint[] {
  return endpoints.sort((a, b) => (a.target < b.target ? -1 : 1))
}

function plannedEndpoint(endpoint: Endpoint, port: number, nodeName: string): PlannedEndpoint {
  return {
    address: endpoint.address,
    target: joinHostPort(endpoint.address, port),
    ready: endpoint.ready,
    serving: endpoint.serving,
    terminating: endpoint.terminating,
    local: nodeName !== '' && endpoint.nodeName === nodeName,
    ...optional('zoneHints', endpoint.zoneHints),
    ...optional('nodeHints', endpoint.nodeHints),
  }
}
