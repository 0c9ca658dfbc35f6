import type { EndpointSlice } from './endpoint-slice.ts'
import { keyOf } from './metadata.ts'
import type { Node } from './node.ts'
import type { ModelObject } from './object.ts'
import type { Pod } from './pod.ts'
import type { Service } from './service.ts'

/** What the API server says, as of now. Services, slices and pods are keyed `namespace/name`. */
export interface ClusterState {
  readonly services: ReadonlyMap<string, Service>
  /** By the key of the service, then by the name of the slice. */
  readonly slices: ReadonlyMap<string, ReadonlyMap<string, EndpointSlice>>
  readonly nodes: ReadonlyMap<string, Node>
  readonly namespaces: ReadonlySet<string>
  readonly pods: ReadonlyMap<string, Pod>
}

/** The slices of a service, in the order of their names. */
export function slicesOf(state: ClusterState, service: string): readonly EndpointSlice[] {
  const slices = [...(state.slices.get(service)?.values() ?? [])]
  return slices.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The key of the service whose rules and answers an object takes part in; undefined for kinds that touch no service. */
export function touchedService(object: ModelObject): string | undefined {
  switch (object.kind) {
    case 'Service':
      return keyOf(object)
    case 'EndpointSlice':
      return `${object.namespace}/${object.serviceName}`
    case 'Node':
    case 'Namespace':
    case 'Pod':
      return undefined
  }
}
