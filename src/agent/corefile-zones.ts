import type { K8sExternal } from '../config/corefile/plugins/k8s-external.ts'
import type { Kubernetes } from '../config/corefile/plugins/kubernetes.ts'
import { isReverseZone } from '../config/corefile/zone.ts'
import { isWithin } from '../dns/name.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { optional } from '../model/optional.ts'

/** What the plugin kubernetes of a server block answers from: its zones of Services, and those of ServiceImports. */
export function kubernetesZones(plugin: Kubernetes): readonly ZoneOptions[] {
  const options = {
    ttl: plugin.ttl,
    ...selection(plugin),
    ...(plugin.pods !== 'disabled' && { pods: plugin.pods }),
    noEndpoints: !plugin.endpoints,
    ignoreEmptyServices: plugin.ignoreEmptyServices,
  }
  const isImported = (zone: string): boolean => plugin.multicluster.some((apex) => isWithin(zone, apex))
  const cluster = domains(plugin.zones.filter((zone) => !isImported(zone)))
  const clusterset = domains(plugin.zones.filter((zone) => isImported(zone)))
  return [
    ...cluster.map((names) => ({ ...names, ...options, zonal: plugin.zonal })),
    ...clusterset.map((names) => ({ ...names, ...options, clusterset: true })),
  ]
}

/** What the plugin k8s_external answers from, which is asked before the kubernetes of its server block. */
export function externalZones(
  { zones, ttl, apex, headless }: K8sExternal,
  kubernetes: Kubernetes,
): readonly ZoneOptions[] {
  return domains(zones).map((names) => ({
    ...names,
    ttl,
    ...selection(kubernetes),
    noEndpoints: !kubernetes.endpoints,
    external: { label: apex, headless },
  }))
}

/** None when all are reverse zones: their records would have nowhere to point. */
function domains(zones: readonly string[]): readonly Pick<ZoneOptions, 'domain' | 'otherDomains' | 'reverseZones'>[] {
  const [domain, ...otherDomains] = zones.filter((zone) => !isReverseZone(zone))
  return domain === undefined ? [] : [{ domain, otherDomains, reverseZones: zones.filter(isReverseZone) }]
}

function selection({ namespaces, namespaceLabels, labels, endpointPodNames }: Kubernetes): Partial<ZoneOptions> {
  return {
    ...optional('namespaces', namespaces.length > 0 ? namespaces : undefined),
    ...optional('namespaceLabels', namespaceLabels.length > 0 ? namespaceLabels : undefined),
    ...optional('labels', labels.length > 0 ? labels : undefined),
    endpointPodNames,
  }
}
