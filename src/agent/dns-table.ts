import { importRecords } from '../dns/import-records.ts'
import { isExposed, isSelected } from '../dns/selection.ts'
import { serviceRecords, type ServiceRecords } from '../dns/service-records.ts'
import type { TableOptions } from '../dns/table/table-writer.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { Zone } from '../dns/zone.ts'
import { importedSlicesOf, slicesOf, type ClusterState } from '../model/cluster-state.ts'
import { keyOf } from '../model/metadata.ts'
import type { ModelObject } from '../model/object.ts'
import { PodNames } from './pod-names.ts'

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
  readonly #pods: PodNames | undefined
  readonly #exposed = new Set<string>()
  /** Services, imports and pods that there was no room for; they keep the records they had. */
  readonly #left = { services: new Set<string>(), pods: new Set<string>() }
  /** Whether records have changed since the last commit. */
  #changed = true
  /** As `touch` returns them, of what was there from the start. */
  readonly errors: readonly string[]

  constructor(state: ClusterState, options: ZoneOptions, table: TableOptions = {}) {
    this.zone = new Zone(options, table)
    this.#state = state
    this.#options = options
    if (options.pods === 'verified') this.#pods = new PodNames(state, options, this.zone)
    for (const name of state.namespaces.keys()) this.#setNamespace(name)
    this.errors = [...this.touch(this.#keys()), ...this.#touchPods(state.pods.keys())]
  }

  /**
   * Takes over what these services, or imports, are now. Returns a sentence for each that there is no room for; all others are
   * done, and it is tried again next time.
   */
  touch(services: Iterable<string>): readonly string[] {
    const kind = this.#options.clusterset === true ? 'ServiceImport' : 'Service'
    return this.#eachWithRoom(kind, this.#left.services, services, (key) => {
      this.#changed = this.zone.setService(key, this.#records(key)) || this.#changed
    })
  }

  /** Takes over what belongs to no service, a namespace or a pod; returns sentences as `touch` does. */
  touchObject(object: ModelObject): readonly string[] {
    if (object.kind === 'Namespace') return this.#touchNamespace(object.name)
    return object.kind === 'Pod' ? this.#touchPods([keyOf(object)]) : []
  }

  /**
   * Lets every thread that answers see all changes up to now, with this serial if records are among them; resolves when they
   * do. Until the state is complete a name that is not there is answered with SERVFAIL.
   */
  async commit(serial: number, isComplete = true): Promise<void> {
    if (this.#changed) this.zone.serial = serial
    this.#changed = false
    this.zone.synced = isComplete
    await this.zone.commit()
  }

  #touchNamespace(name: string): readonly string[] {
    if (!this.#setNamespace(name) || this.#options.namespaceLabels === undefined) return []
    // Its labels decide on all that is in it.
    const inside = (keys: Iterable<string>) => [...keys].filter((key) => key.startsWith(`${name}/`))
    return [...this.touch(inside(this.#keys())), ...this.#touchPods(inside(this.#state.pods.keys()))]
  }

  #touchPods(pods: Iterable<string>): readonly string[] {
    const names = this.#pods
    if (names === undefined) return []
    return this.#eachWithRoom('Pod', this.#left.pods, pods, (key) => {
      this.#changed = names.touch(key) || this.#changed
    })
  }

  #eachWithRoom(
    kind: string,
    left: Set<string>,
    keys: Iterable<string>,
    work: (key: string) => void,
  ): readonly string[] {
    const errors: string[] = []
    for (const key of new Set([...left, ...keys])) {
      left.delete(key)
      try {
        work(key)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        left.add(key)
        errors.push(`Cannot answer DNS for ${kind} ${key} as it is now: ${error.message}`)
      }
    }
    return errors
  }

  /** True if it came or went. */
  #setNamespace(name: string): boolean {
    const namespace = this.#state.namespaces.get(name)
    const exposed = namespace !== undefined && isExposed(name, namespace, this.#options)
    if (this.#exposed.has(name) === exposed) return false
    this.zone.setNamespace(name, exposed)
    if (exposed) this.#exposed.add(name)
    else this.#exposed.delete(name)
    return true
  }

  #keys(): Iterable<string> {
    return (this.#options.clusterset === true ? this.#state.imports : this.#state.services).keys()
  }

  #records(key: string): ServiceRecords | undefined {
    const [namespace = ''] = key.split('/')
    if (!isExposed(namespace, this.#state.namespaces.get(namespace), this.#options)) return undefined
    return this.#options.clusterset === true ? this.#importRecords(key) : this.#serviceRecords(key)
  }

  #importRecords(key: string): ServiceRecords | undefined {
    const imported = this.#state.imports.get(key)
    return imported && importRecords(imported, importedSlicesOf(this.#state, key), this.#options)
  }

  #serviceRecords(key: string): ServiceRecords | undefined {
    const service = this.#state.services.get(key)
    if (service === undefined || !isSelected(service, this.#options)) return undefined
    const slices = slicesOf(this.#state, key).filter((slice) => isSelected(slice, this.#options))
    return serviceRecords(service, slices, this.#options)
  }
}
