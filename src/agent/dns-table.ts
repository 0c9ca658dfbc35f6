import { serviceRecords } from '../dns/service-records.ts'
import type { TableOptions } from '../dns/table/table-writer.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { Zone } from '../dns/zone.ts'
import { slicesOf, type ClusterState } from '../model/cluster-state.ts'
import type { ModelObject } from '../model/object.ts'

/** The zone of a state that will not change. */
export function zoneOfState(state: ClusterState, options: ZoneOptions): Zone {
  const { zone, errors } = new DnsTable(state, options)
  if (errors.length > 0) throw new RangeError(errors.join('\n'))
  zone.synced = true
  return zone
}

/** Builds the zone of a cluster state and keeps it: a change costs the services it touches. */
export class DnsTable {
  readonly zone: Zone
  readonly #state: ClusterState
  readonly #options: ZoneOptions
  /** Services that there was no room for; they keep the records they had. */
  readonly #left = new Set<string>()
  /** As `touch` returns them, of the services that were there from the start. */
  readonly errors: readonly string[]

  constructor(state: ClusterState, options: ZoneOptions, table: TableOptions = {}) {
    this.zone = new Zone(options, table)
    this.#state = state
    this.#options = options
    for (const name of state.namespaces) this.zone.setNamespace(name, true)
    this.errors = this.touch(state.services.keys())
  }

  /** Returns a sentence for each service that there is no room for; all others are done, and it is tried again next time. */
  touch(services: Iterable<string>): readonly string[] {
    const errors: string[] = []
    for (const key of new Set([...this.#left, ...services])) {
      this.#left.delete(key)
      try {
        this.#set(key)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        this.#left.add(key)
        errors.push(`Cannot answer DNS for Service ${key} as it is now: ${error.message}`)
      }
    }
    return errors
  }

  touchNamespace(object: ModelObject): void {
    if (object.kind === 'Namespace') this.zone.setNamespace(object.name, this.#state.namespaces.has(object.name))
  }

  /** Lets every thread that answers see all changes up to now; resolves when they do. */
  async commit(serial: number): Promise<void> {
    this.zone.serial = serial
    this.zone.synced = true
    await this.zone.commit()
  }

  #set(key: string): void {
    const service = this.#state.services.get(key)
    this.zone.setService(key, service && serviceRecords(service, slicesOf(this.#state, key), this.#options))
  }
}
