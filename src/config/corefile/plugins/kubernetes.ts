import type { LabelRequirement } from '../../../model/label-selector.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { lineOf } from '../line.ts'
import { isReverseZone } from '../zone.ts'
import { kubernetesOptions, refusedKubernetesOptions } from './kubernetes-options.ts'

/** Answers for Services, endpoints and pods. */
export interface Kubernetes {
  readonly name: 'kubernetes'
  /** At least one is no reverse zone. */
  readonly zones: readonly string[]
  /** The first that is no reverse zone: what PTR records point into. */
  readonly primaryZone: string
  readonly api: KubernetesApi
  /** Those that are answered for; empty for all. */
  readonly namespaces: readonly string[]
  /** What namespaces must have to be answered for; empty for any labels. Never together with `namespaces`. */
  readonly namespaceLabels: readonly LabelRequirement[]
  /** What Services, EndpointSlices and pods must have; empty for any labels. */
  readonly labels: readonly LabelRequirement[]
  /** Names of pods: none, any address in a namespace, or those of pods that there are. */
  readonly pods: 'disabled' | 'insecure' | 'verified'
  /** Endpoints without a host name are called like their pod, in place of their address. */
  readonly endpointPodNames: boolean
  /** Seconds, of answers and denials. */
  readonly ttl: number
  /** With EndpointSlices; `noendpoints` leaves them out. */
  readonly endpoints: boolean
  /** Zones where a name that does not exist goes on to the next plugin; `.` is all, empty none. */
  readonly fallthrough: readonly string[]
  /** A Service with a cluster IP but no ready endpoint does not exist. */
  readonly ignoreEmptyServices: boolean
  /** Those of the zones that answer for ServiceImports rather than for Services. */
  readonly multicluster: readonly string[]
  /** With names for the endpoints of one zone of the cluster. */
  readonly zonal: boolean
  /** How long the start waits for the API server. */
  readonly startupTimeoutMs: number
}

/** How the API server is reached. */
export interface KubernetesApi {
  /** Absent: as a pod does. Not looked at with a kubeconfig. */
  readonly endpoint?: string
  /** Paths. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string }
  /** Without a context it is the current one of the file. */
  readonly kubeconfig?: { readonly path: string; readonly context?: string }
  /** Requests per second, requests at once, and requests under way; 0 for the client's own default. */
  readonly qps: number
  readonly burst: number
  readonly maxInflight: number
}

/** `kubernetes [ZONE...]`. */
export function readKubernetes(directive: Directive): Kubernetes {
  const words = wordsOf(directive)
  const zones = zonesOf(directive, words)
  const primaryZone = zones.find((zone) => !isReverseZone(zone))
  if (primaryZone === undefined)
    words.complain(undefined, 'expected a zone that is not a reverse zone, such as cluster.local')
  const kubernetes = readOptions(
    directive,
    defaults(zones, primaryZone ?? '.'),
    kubernetesOptions,
    refusedKubernetesOptions,
  )
  checkTogether(directive, kubernetes)
  return kubernetes
}

function checkTogether({ line, problems }: Directive, kubernetes: Kubernetes): void {
  const optionName = (name: string) => lineOf(line, name)?.name ?? line.name
  const { zones, multicluster, namespaces, namespaceLabels, endpoints, zonal, ignoreEmptyServices } = kubernetes
  if (namespaces.length > 0 && namespaceLabels.length > 0) {
    problems.add(optionName('namespace_labels'), 'kubernetes: namespaces and namespace_labels cannot both be set')
  }
  for (const zone of multicluster.filter((name) => !zones.includes(name))) {
    problems.add(
      optionName('multicluster'),
      `kubernetes multicluster: ${zone} is none of its zones, which are ${zones.join(', ')}`,
    )
  }
  const noendpoints = optionName('noendpoints')
  if (!endpoints && zonal)
    problems.add(noendpoints, 'kubernetes: zonal needs endpoints; leave out noendpoints or zonal')
  if (!endpoints && ignoreEmptyServices) {
    problems.add(
      noendpoints,
      'kubernetes: with noendpoints and ignore empty_service no Service would exist; leave out one of them',
    )
  }
}

function defaults(zones: readonly string[], primaryZone: string): Kubernetes {
  return {
    name: 'kubernetes',
    zones,
    primaryZone,
    api: { qps: 0, burst: 0, maxInflight: 0 },
    namespaces: [],
    namespaceLabels: [],
    labels: [],
    pods: 'disabled',
    endpointPodNames: false,
    ttl: 5,
    endpoints: true,
    fallthrough: [],
    ignoreEmptyServices: false,
    multicluster: [],
    zonal: false,
    startupTimeoutMs: 5000,
  }
}
