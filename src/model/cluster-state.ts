import type { EndpointSlice } from './endpoint-slice.ts'
import type { ImportedSlice } from './imported-slice.ts'
import { keyOf } from './metadata.ts'
import type { Namespace } from './namespace.ts'
import type { Node } from './node.ts'
import type { ModelObject } from './object.ts'
import type { Pod } from './pod.ts'
import type { ServiceImport } from './service-import.ts'
import type { Service } from './service.ts'

/** What the API server says, as of now. Services, slices and pods are keyed `namespace/name`. */
export interface ClusterState {
  readonly services: ReadonlyMap<string, Service>
  /** By the key of the service, then by the name of the slice. */
  readonly slices: ReadonlyMap<string, ReadonlyMap<string, EndpointSlice>>
  readonly nodes: ReadonlyMap<string, Node>
  readonly namespaces: ReadonlyMap<string, Namespace>
  readonly pods: ReadonlyMap<string, Pod>
  readonly imports: ReadonlyMap<string, ServiceImport>
  /** By the key of the import, then by the name of the slice. */
  readonly importedSlices: ReadonlyMap<string, ReadonlyMap<string, ImportedSlice>>
}

/** The slices of a service, in the order of their names. */
export function slicesOf(state: ClusterState, service: string): readonly EndpointSlice[] {
  return byName(state.slices.get(service)?.values() ?? [])
}

/** The slices of a ServiceImport, in the order of their names. */
export function importedSlicesOf(state: ClusterState, imported: string): readonly ImportedSlice[] {
  return byName(state.importedSlices.get(imported)?.values() ?? [])
}

/**
 * The key of the service, or of the import, whose rules and answers an object takes part in; undefined for kinds that touch
 * none.
 */
export function touchedService(object: ModelObject): string | undefined {
  switch (object.kind) {
    case 'Service':
    case 'ServiceImport':
      return keyOf(object)
    case 'EndpointSlice':
      return `${object.namespace}/${object.serviceName}`
    case 'ImportedSlice':
      return `${object.namespace}/${object.importName}`
    case 'Node':
    case 'Namespace':
    case 'Pod':
    case 'ServiceCIDR':
      return undefined
  }
}

function byName<T extends { readonly name: string }>(objects: Iterable<T>): readonly T[] {
  return [...objects].sort((a, b) => (a.name < b.name ? -1 : 1))
}
