import { randomInt } from 'node:crypto'
import type { Corefile } from '../config/corefile/corefile.ts'
import type { Plugin } from '../config/corefile/plugin.ts'
import { PodSearchLists } from '../dns/pod-search-lists.ts'
import type { NodeSearchList } from '../dns/search-list.ts'
import { putSearchList } from '../dns/stored-search-list.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { ModelObject } from '../model/object.ts'
import { externalZones, kubernetesZones } from './corefile-zones.ts'
import { DnsTable } from './dns-table.ts'

/** A zone as a thread that answers gets it. */
interface SharedZone {
  readonly id: number
  readonly options: ZoneOptions
  readonly buffer: SharedArrayBuffer
}

/** The zones that each plugin kubernetes and k8s_external of a Corefile answers from. */
export type ZonesOfPlugins = ReadonlyMap<Plugin, readonly SharedZone[]>

export interface DnsZonesOptions {
  readonly nodeName: string
  /** What the search list of a pod has from its node. */
  readonly node: NodeSearchList
  /** Gives the threads another buffer for a zone; resolves when all have it. */
  readonly exchange: (zone: number, buffer: SharedArrayBuffer) => Promise<void>
  /** Whether the state has everything yet; absent: always. */
  readonly isComplete?: () => boolean
}

interface LiveZone {
  readonly id: number
  readonly options: ZoneOptions
  readonly table: DnsTable
  /** With autopath: the search lists of the pods of this node. */
  readonly searchLists?: PodSearchLists
}

/** What one zone is wanted for. */
interface Wanted {
  readonly options: ZoneOptions
  readonly autopath: boolean
}

/** The zones that Corefiles ask for, made from the cluster state and kept: a change costs the services it touches, in each. */
export class DnsZones {
  readonly #state: ClusterState
  readonly #options: DnsZonesOptions
  readonly #log: (sentence: string) => void
  /** By what they are wanted for. */
  readonly #zones = new Map<string, LiveZone>()
  #lastId = 0

  constructor(state: ClusterState, options: DnsZonesOptions, log: (sentence: string) => void) {
    this.#state = state
    this.#options = options
    this.#log = log
  }

  /**
   * The zones of a Corefile, which are kept from now on besides those of the Corefiles before, until `keepOnly`; a zone that
   * two of them want alike is one. What is returned gives them as they are whenever it is called.
   */
  async of(corefile: Corefile, serial: number): Promise<() => ZonesOfPlugins> {
    const found = new Map<Plugin, readonly LiveZone[]>()
    for (const [plugin, wanted] of wantedZones(corefile))
      found.set(
        plugin,
        wanted.map((one) => this.#zone(one)),
      )
    await this.commit(serial)
    return () => new Map([...found].map(([plugin, zones]) => [plugin, zones.map(sharedZone)]))
  }

  /** Forgets the zones that this Corefile does not want. */
  keepOnly(corefile: Corefile): void {
    const keys = new Set([...wantedZones(corefile).values()].flat().map(keyOf))
    for (const key of this.#zones.keys()) if (!keys.has(key)) this.#zones.delete(key)
  }

  /** Takes over what has become of objects, and of the services that they touch. */
  take(
    change: { readonly put: readonly ModelObject[]; readonly removed: readonly ModelObject[] },
    services: Iterable<string>,
  ): void {
    const touched = [...services]
    for (const zone of this.#zones.values()) {
      for (const object of [...change.removed, ...change.put]) this.#logAll(zone.table.touchObject(object))
      this.#logAll(zone.table.touch(touched))
      takePods(zone, change)
    }
  }

  /** Lets every thread see what was taken over; resolves when they do. */
  async commit(serial: number): Promise<void> {
    const isComplete = this.#options.isComplete?.() ?? true
    await Promise.all([...this.#zones.values()].map(({ table }) => table.commit(serial, isComplete)))
  }

  #zone(wanted: Wanted): LiveZone {
    const key = keyOf(wanted)
    const known = this.#zones.get(key)
    if (known) return known
    const id = ++this.#lastId
    const table = new DnsTable(this.#state, wanted.options, {
      seed: [randomInt(2 ** 32), randomInt(2 ** 32)],
      exchange: (buffer) => this.#options.exchange(id, buffer),
    })
    this.#logAll(table.errors)
    const zone = {
      id,
      options: wanted.options,
      table,
      ...(wanted.autopath && { searchLists: this.#searchLists(wanted) }),
    }
    takePods(zone, { put: [...this.#state.pods.values()], removed: [] })
    this.#zones.set(key, zone)
    return zone
  }

  #searchLists({ options: { domain } }: Wanted): PodSearchLists {
    const { nodeName, node } = this.#options
    return new PodSearchLists({ nodeName, domain, node })
  }

  #logAll(sentences: readonly string[]): void {
    for (const sentence of sentences) this.#log(sentence)
  }
}

function sharedZone({ id, options, table }: LiveZone): SharedZone {
  return { id, options, buffer: table.zone.buffer }
}

function takePods(
  { searchLists, table }: LiveZone,
  { put, removed }: { readonly put: readonly ModelObject[]; readonly removed: readonly ModelObject[] },
): void {
  if (searchLists === undefined) return
  const addresses = new Set([
    ...removed.flatMap((object) => (object.kind === 'Pod' ? searchLists.remove(object) : [])),
    ...put.flatMap((object) => (object.kind === 'Pod' ? searchLists.put(object) : [])),
  ])
  for (const address of addresses) putSearchList(table.zone, address, searchLists.listOf(address))
}

function wantedZones({ blocks }: Corefile): ReadonlyMap<Plugin, readonly Wanted[]> {
  const wanted = new Map<Plugin, readonly Wanted[]>()
  for (const { plugins } of blocks) {
    const kubernetes = plugins.find((plugin) => plugin.name === 'kubernetes')
    if (kubernetes === undefined) continue
    const autopath = plugins.some((plugin) => plugin.name === 'autopath' && plugin.searchList.kind === 'kubernetes')
    wanted.set(
      kubernetes,
      kubernetesZones(kubernetes).map((options) => ({ options, autopath })),
    )
    for (const plugin of plugins) {
      if (plugin.name !== 'k8s_external') continue
      wanted.set(
        plugin,
        externalZones(plugin, kubernetes).map((options) => ({ options, autopath: false })),
      )
    }
  }
  return wanted
}

function keyOf(wanted: Wanted): string {
  return JSON.stringify(wanted)
}
