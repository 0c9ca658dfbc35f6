import { touchedService, type ClusterState } from '../model/cluster-state.ts'
import type { EndpointSlice } from '../model/endpoint-slice.ts'
import { keyOf } from '../model/metadata.ts'
import type { Node } from '../model/node.ts'
import { objectName, type ModelObject } from '../model/object.ts'
import type { Pod } from '../model/pod.ts'
import type { Service } from '../model/service.ts'
import { AddressClaims } from './address-claims.ts'

/** The one cluster state that changes: objects come and go, everything else reads it. */
export class ClusterStore implements ClusterState {
  readonly services = new Map<string, Service>()
  readonly slices = new Map<string, Map<string, EndpointSlice>>()
  readonly nodes = new Map<string, Node>()
  readonly namespaces = new Set<string>()
  readonly pods = new Map<string, Pod>()
  readonly claims = new AddressClaims()
  readonly #objects = new Map<string, ModelObject>()

  constructor(objects: Iterable<ModelObject> = []) {
    for (const object of objects) this.put(object)
  }

  get objects(): ReadonlyMap<string, ModelObject> {
    return this.#objects
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
        this.slices.set(sliceKey(object), (this.slices.get(sliceKey(object)) ?? new Map()).set(object.name, object))
        break
      case 'Node':
        this.nodes.set(object.name, object)
        break
      case 'Namespace':
        this.namespaces.add(object.name)
        break
      case 'Pod':
        this.pods.set(keyOf(object), object)
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
      case 'EndpointSlice': {
        const slices = this.slices.get(sliceKey(object))
        slices?.delete(object.name)
        if (slices?.size === 0) this.slices.delete(sliceKey(object))
        break
      }
      case 'Node':
        this.nodes.delete(object.name)
        break
      case 'Namespace':
        this.namespaces.delete(object.name)
        break
      case 'Pod':
        this.pods.delete(keyOf(object))
        break
    }
    return [...touched(object), ...rivals]
  }
}

function sliceKey(slice: EndpointSlice): string {
  return `${slice.namespace}/${slice.serviceName}`
}

function touched(object: ModelObject): readonly string[] {
  const key = touchedService(object)
  return key === undefined ? [] : [key]
}
