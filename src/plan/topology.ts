import type { Node } from '../model/node.ts'
import type { PlannedEndpoint } from './endpoint.ts'

/**
 * The ready endpoints that this node should use: those hinted to it, else those hinted to its zone, else all. Hints
 * count only when every ready endpoint has one and at least one names this node (or zone). Source: KEP-2433, KEP-3015.
 */
export function preferredEndpoints(ready: readonly PlannedEndpoint[], node: Node): readonly PlannedEndpoint[] {
  return (
    hinted(ready, (endpoint) => endpoint.nodeHints, node.name) ??
    hinted(ready, (endpoint) => endpoint.zoneHints, node.zone) ??
    ready
  )
}

function hinted(
  ready: readonly PlannedEndpoint[],
  hintsOf: (endpoint: PlannedEndpoint) => readonly string[] | undefined,
  wanted: string | undefined,
): readonly PlannedEndpoint[] | undefined {
  if (wanted === undefined || wanted === '' || !ready.every((endpoint) => hintsOf(endpoint))) return undefined
  const chosen = ready.filter((endpoint) => hintsOf(endpoint)?.includes(wanted))
  return chosen.length > 0 ? chosen : undefined
}
