import { soaOf } from './apex.ts'
import { nameAt, nameBytes, parentName } from './name.ts'
import { originsOf, type Origin } from './origin.ts'
import { rrsetOfWire, type RRset } from './rrset.ts'
import type { TableView } from './table/commit.ts'
import { countOfPart, findPart, keyStart, lengthOfPart, partsOf, startOfPart } from './table/entry.ts'
import { isNameKey, valueKey } from './table/table-key.ts'
import { apexNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'

/** The RRsets of each name that exists; none at a name that is there for those below it (RFC 8020). */
export interface Owners extends Iterable<readonly [name: string, rrsets: readonly RRset[]]> {
  /** The name is absolute. Undefined when it does not exist. */
  get(name: string): readonly RRset[] | undefined
  keys(): Iterable<string>
}

/**
 * The cluster zone and the reverse zones as of one moment, read from a table; what changes afterwards is not in it. Any
 * thread that has the table's buffer can make one.
 */
export class ZoneView {
  readonly options: ZoneOptions
  /** The cluster domain that PTR records point into, absolute: `cluster.local.`. */
  readonly apex: string
  /** All cluster domains, that one first. */
  readonly apexes: readonly string[]
  /** The cluster domains, then the reverse zones. */
  readonly origins: readonly Origin[]
  /** Every name with its RRsets; the SOA, which changes with the serial, is not among them. */
  readonly owners: Owners
  readonly table: TableView
  readonly #originsByName: ReadonlyMap<string, Origin>

  constructor(options: ZoneOptions, table: TableView) {
    this.options = options
    this.apexes = apexNames(options)
    this.apex = this.apexes[0] ?? '.'
    this.origins = originsOf(options)
    this.#originsByName = new Map(this.origins.map((origin) => [origin.name, origin]))
    this.table = table
    this.owners = {
      get: (name) => this.#rrsetsAt(this.#find(nameBytes(name))),
      keys: () => this.#names(),
      [Symbol.iterator]: () => this.#rrsets(),
    }
  }

  /** False until the state of the cluster is complete: a name that is missing may still come, so SERVFAIL, not NXDOMAIN. */
  get synced(): boolean {
    return this.table.synced
  }

  /** Of every SOA; whoever changes the zone raises it. */
  get serial(): number {
    return this.table.serial
  }

  exists(name: string): boolean {
    return this.#find(nameBytes(name)) !== 0
  }

  /** A copy of what is kept under a key that is no name, such as `pod 10.244.1.7`; undefined when there is nothing. */
  value(key: string): Uint8Array | undefined {
    const entry = this.#find(valueKey(key))
    const part = entry === 0 ? 0 : findPart(this.table.image.words, entry, 0)
    return part === 0 ? undefined : Uint8Array.from(this.#octets(part))
  }

  /** The zone that a name lies in, the longest where one is below another; undefined for names that are not ours. */
  originOf(name: string): Origin | undefined {
    for (let at = name; at !== '.'; at = parentName(at)) {
      const origin = this.#originsByName.get(at)
      if (origin) return origin
    }
    return undefined
  }

  /** The SOA of one of the zones, with the serial of now. */
  soa(apex: string): RRset {
    return soaOf(apex, this.serial, this.options)
  }

  #rrsetsAt(entry: number): readonly RRset[] | undefined {
    if (entry === 0) return undefined
    const { words } = this.table.image
    return partsOf(words, entry).map((part) => rrsetOfWire(this.#octets(part), countOfPart(words, part)))
  }

  *#names(): Generator<string> {
    for (const entry of this.#nameEntries()) yield this.#nameOf(entry)
  }

  *#rrsets(): Generator<readonly [string, readonly RRset[]]> {
    for (const entry of this.#nameEntries()) yield [this.#nameOf(entry), this.#rrsetsAt(entry) ?? []]
  }

  /** In no order. */
  *#nameEntries(): Generator<number> {
    const { image, generation } = this.table
    for (const entry of image.entries(generation)) if (isNameKey(image.bytes[keyStart(entry)])) yield entry
  }

  #nameOf(entry: number): string {
    return nameAt(this.table.image.bytes, keyStart(entry))
  }

  /** What is too long for a name is under no key. */
  #find(key: Uint8Array | undefined): number {
    return key === undefined ? 0 : this.table.image.find(key, 0, key.length, this.table.generation)
  }

  #octets(part: number): Uint8Array {
    const { words, bytes } = this.table.image
    return bytes.subarray(startOfPart(part), startOfPart(part) + lengthOfPart(words, part))
  }
}
