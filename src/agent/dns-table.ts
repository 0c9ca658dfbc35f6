import { serviceRecords } from '../dns/service-records.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { Zone } from '../dns/zone.ts'
import { slicesOf, type ClusterState } from '../model/cluster-state.ts'
import type { ModelObject } from '../model/object.ts'

/** Builds the zone of a cluster state and keeps it: a change costs the services it touches. */
export class DnsTable {
  readonly zone: Zone
  readonly #state: ClusterState
  readonly #options: ZoneOptions

  constructor(state: ClusterState, options: ZoneOptions) {
    this.zone = new Zone(options)
    this.#state = state
    this.#options = options
    for (const name of state.namespaces) this.zone.setNamespace(name, true)
    this.touch(state.services.keys())
  }

  touch(services: Iterable<string>): void {
    for (const key of services) {
      const service = this.#state.services.get(key)
      this.zone.setService(key, service && serviceRecords(service, slicesOf(this.#state, key), this.#options))
    }
  }

  touchNamespace(object: ModelObject): void {
    if (object.kind === 'Namespace') this.zone.setNamespace(object.name, this.#state.namespaces.has(object.name))
  }
}
