import type { Corefile } from '../config/corefile/corefile.ts'
import type { Plugin } from '../config/corefile/plugin.ts'
import {
  endpointSlices,
  namespaces,
  nodeNamed,
  pods,
  podsOn,
  proxiedHere,
  serviceCidrs,
  serviceImports,
  services,
  type Resource,
} from '../kube/resource.ts'

export interface WatchedResources {
  /** What rules cannot do without. */
  readonly rules: readonly Resource[]
  /** What names need besides. */
  readonly names: readonly Resource[]
}

/**
 * What an agent must know of the cluster. Names need more than rules do, and pods only where the Corefile asks for them: those
 * of this node for their search lists, all of them where their names are to be verified.
 *
 * @param corefile Absent where no DNS is answered.
 */
export function watchedResources(nodeName: string, corefile: Corefile | undefined): WatchedResources {
  const node = [nodeNamed(nodeName), serviceCidrs]
  if (corefile === undefined) {
    const proxied = [services, endpointSlices].map((resource) => ({ ...resource, labelSelector: proxiedHere }))
    return { rules: [...proxied, ...node], names: [] }
  }
  const plugins = corefile.blocks.flatMap((block) => block.plugins)
  const names = [
    namespaces,
    ...(plugins.some(verifiesPods) ? [pods] : plugins.some(readsSearchLists) ? [podsOn(nodeName)] : []),
    ...(plugins.some(hasImports) ? [serviceImports] : []),
  ]
  return { rules: [services, endpointSlices, ...node], names }
}

function verifiesPods(plugin: Plugin): boolean {
  return plugin.name === 'kubernetes' && plugin.pods === 'verified'
}

function readsSearchLists(plugin: Plugin): boolean {
  return plugin.name === 'autopath' && plugin.searchList.kind === 'kubernetes'
}

function hasImports(plugin: Plugin): boolean {
  return plugin.name === 'kubernetes' && plugin.multicluster.length > 0
}
