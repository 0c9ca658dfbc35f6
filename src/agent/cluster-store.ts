import { touchedService, type ClusterState } from '../model/cluster-state.ts'
import type { EndpointSlice } from '../model/endpoint-slice.ts'
import type { ImportedSlice } from '../model/imported-slice.ts'
import { keyOf } from '../model/metadata.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Node } from '../model/node.ts'
import { objectName, type ModelObject } from '../model/object.ts'
import type { Pod } from '../model/pod.ts'
import type { ServiceImport } from '../model/service-import.ts'
import type { Service } from '../model/service.ts'
import { AddressClaims } from './address-claims.ts'

/** The one cluster state that changes: objects come and go, everything else reads it. */
export class ClusterStore implements ClusterState {
  readonly services = new Map<string, Service>()
  readonly slices = new Map<string, Map<string, EndpointSlice>>()
  readonly nodes = new Map<string, Node>()
  readonly namespaces = new Map<string, Namespace>()
  readonly pods = new Map<string, Pod>()
  readonly imports = new Map<string, ServiceImport>()
  readonly importedSlices = new Map<string, Map<string, ImportedSlice>>()
  readonly claims = new AddressClaims()
  readonly #objects = new Map<string, ModelObject>()

  constructor(objects: Iterable<ModelObject> = []) {
    for (const object of objects) this.put(object)
  }

  get objects(): ReadonlyMap<string, ModelObject> {
    return this.#objects
  }

  /** Takes what went and what came; returns the keys of the services that this touches. */
  apply({
    put,
    removed,
  }: {
    readonly put: readonly ModelObject[]
    readonly removed: readonly ModelObject[]
  }): Set<string> {
    return new Set([...removed.flatMap((object) => this.remove(object)), ...put.flatMap((object) => this.put(object))])
  }

  /**
   * Adds or replaces an object; returns the keys of the services it touches: a slice may move between two, and a service
   * may take what another has.
   */
  put(object: ModelObject): readonly string[] {
    const before = this.#objects.get(objectName(object))
    const moved = before === undefined ? [] : this.remove(before)
    this.#objects.set(objectName(object), object)
    const rivals = object.kind === 'Service' ? this.claims.add(object) : []
    switch (object.kind) {
      case 'Service':
        this.services.set(keyOf(object), object)
        break
      case 'EndpointSlice':
        putSlice(this.slices, sliceKey(object), object)
        break
      case 'Node':
        this.nodes.set(object.name, object)
        break
      case 'Namespace':
        this.namespaces.set(object.name, object)
        break
      case 'Pod':
        this.pods.set(keyOf(object), object)
        break
      case 'ServiceImport':
        this.imports.set(keyOf(object), object)
        break
      case 'ImportedSlice':
        putSlice(this.importedSlices, importKey(object), object)
        break
      case 'ServiceCIDR':
        break
    }
    return [...new Set([...moved, ...touched(object), ...rivals])]
  }

  remove(object: ModelObject): readonly string[] {
    const before = this.#objects.get(objectName(object))
    const rivals = before?.kind === 'Service' ? this.claims.remove(before) : []
    this.#objects.delete(objectName(object))
    switch (object.kind) {
      case 'Service':
        this.services.delete(keyOf(object))
        break
      case 'EndpointSlice':
        removeSlice(this.slices, sliceKey(object), object)
        break
      case 'Node':
        this.nodes.delete(object.name)
        break
      case 'Namespace':
        this.namespaces.delete(object.name)
        break
      case 'Pod':
        this.pods.delete(keyOf(object))
        break
      case 'ServiceImport':
        this.imports.delete(keyOf(object))
        break
      case 'ImportedSlice':
        removeSlice(this.importedSlices, importKey(object), object)
        break
      case 'ServiceCIDR':
        break
    }
    return [...touched(object), ...rivals]
  }
}

function sliceKey(slice: EndpointSlice): string {
  return `${slice.namespace}/${slice.serviceName}`
}

function importKey(slice: ImportedSlice): string {
  return `${slice.namespace}/${slice.importName}`
}

function putSlice<T extends { readonly name: string }>(all: Map<string, Map<string, T>>, key: string, slice: T): void {
  all.set(key, (all.get(key) ?? new Map<string, T>()).set(slice.name, slice))
}

function removeSlice<T>(all: Map<string, Map<string, T>>, key: string, { name }: { readonly name: string }): void {
  const slices = all.get(key)
  slices?.delete(name)
  if (slices?.size === 0) all.delete(key)
}

function touched(object: ModelObject): readonly string[] {
  const key = touchedService(object)
  return key === undefined ? [] : [key]
}
