import { podRecords } from '../dns/pod-records.ts'
import { isExposed, isSelected } from '../dns/selection.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { Zone } from '../dns/zone.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import { endedPhases } from '../model/pod.ts'
import type { Address } from '../net/address.ts'

/** Where in a zone the name of an address in a namespace is; pods on the host's network share it. */
interface Place {
  readonly namespace: string
  readonly address: Address
  /** Keys of the pods that are there. */
  readonly pods: Set<string>
}

/** Keeps the names of the pods that there are; a change of a pod costs its addresses. */
export class PodNames {
  readonly #state: ClusterState
  readonly #options: ZoneOptions
  readonly #zone: Zone
  readonly #places = new Map<string, Place>()
  readonly #placesOf = new Map<string, readonly Place[]>()

  constructor(state: ClusterState, options: ZoneOptions, zone: Zone) {
    this.#state = state
    this.#options = options
    this.#zone = zone
  }

  /** Takes over what this pod is now; true if an answer changed. */
  touch(key: string): boolean {
    const before = this.#placesOf.get(key) ?? []
    for (const place of before) place.pods.delete(key)
    const now = this.#addresses(key).map(({ namespace, address }) => this.#place(namespace, address))
    for (const place of now) place.pods.add(key)
    if (now.length > 0) this.#placesOf.set(key, now)
    else this.#placesOf.delete(key)
    let changed = false
    for (const place of new Set([...before, ...now])) changed = this.#settle(place) || changed
    return changed
  }

  /**
   * A pod has its names until it is gone, also while it is being deleted: it still has its address, and may be at work.
   */
  #addresses(key: string): readonly { readonly namespace: string; readonly address: Address }[] {
    const pod = this.#state.pods.get(key)
    if (pod === undefined || pod.podIps.length === 0 || endedPhases.has(pod.phase) || !isSelected(pod, this.#options))
      return []
    const { namespace } = pod
    if (!isExposed(namespace, this.#state.namespaces.get(namespace), this.#options)) return []
    return pod.podIps.map((address) => ({ namespace, address }))
  }

  #place(namespace: string, address: Address): Place {
    const key = placeKey(namespace, address)
    const place = this.#places.get(key) ?? { namespace, address, pods: new Set() }
    this.#places.set(key, place)
    return place
  }

  #settle({ namespace, address, pods }: Place): boolean {
    const key = placeKey(namespace, address)
    if (pods.size === 0) this.#places.delete(key)
    return this.#zone.setService(key, pods.size === 0 ? undefined : podRecords(namespace, address, this.#options))
  }
}

/** No key of a service has a blank. */
function placeKey(namespace: string, address: Address): string {
  return `pod ${namespace}/${address}`
}
