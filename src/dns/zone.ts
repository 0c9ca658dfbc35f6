import { dnsVersion, nameServerOwners, nameServerService } from './apex.ts'
import { OwnerTree } from './owner-tree.ts'
import { changedClaims, claimBytes, pointers, readClaims, type Claim } from './reverse-claims.ts'
import { rrsetsOf, type RRset } from './rrset.ts'
import { packNames, unpackNames } from './service-names.ts'
import type { ReverseRecord, ServiceRecords } from './service-records.ts'
import { valueKey } from './table/table-key.ts'
import { TableWriter, type TableOptions } from './table/table-writer.ts'
import { namespaceNames, structureNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'
import { ZoneView } from './zone-view.ts'

/**
 * The zones as their one writer has them: every change is in its own view at once. Other threads read the same table with a
 * `ZoneReader`, and see all changes since the last commit together at the next. The zone is put together from the records
 * of each service; exchanging those of one service costs that service, whatever the size of the cluster.
 */
export class Zone extends ZoneView {
  readonly #table: TableWriter
  readonly #tree: OwnerTree
  /** By service, packed. */
  readonly #services = new Map<string, string>()
  readonly #namespaces = new Set<string>()

  constructor(options: ZoneOptions, tableOptions: TableOptions = {}) {
    const table = new TableWriter(tableOptions)
    super(options, table)
    this.#table = table
    this.#tree = new OwnerTree(table, this)
    for (const { name } of this.origins) this.#tree.add(name)
    for (const name of structureNames(options)) this.#tree.add(name)
    if (options.external === undefined) {
      for (const apex of this.apexes) this.#addOwner(`dns-version.${apex}`, [dnsVersion])
    }
    for (const [name, rrsets] of this.#nameServers()) this.#addOwner(name, rrsets)
  }

  /** What a `ZoneReader` that starts now reads from. */
  get buffer(): SharedArrayBuffer {
    return this.#table.buffer
  }

  override get synced(): boolean {
    return this.#table.synced
  }

  override set synced(synced: boolean) {
    this.#table.synced = synced
  }

  override get serial(): number {
    return this.#table.serial
  }

  override set serial(serial: number) {
    this.#table.serial = serial
  }

  /**
   * Lets all readers see what has changed, `serial` and `synced` with it, all at once; resolves when they do. Changes made
   * after the call wait for the next.
   */
  commit(): Promise<void> {
    return this.#table.commit()
  }

  /**
   * Exchanges all that comes from the service with this key (`shop/cart`), or from another object with a key that no service
   * has; undefined takes it away. Throws a RangeError, and leaves everything as it was, when there is no room.
   *
   * @returns Whether that changed anything.
   */
  setService(key: string, records: ServiceRecords | undefined): boolean {
    const { changes } = this.#table
    const packed = this.#services.get(key)
    const old = packed === undefined ? undefined : unpackNames(packed)
    this.#table.atomically(() => {
      // What comes is there before anything goes, so that names above both stay.
      const left = new Set(old?.owners)
      if (records) this.#addNamespace(records.namespace)
      for (const [name, rrsets] of records?.owners ?? []) {
        if (left.delete(name)) this.#tree.setRRsets(name, rrsets)
        else this.#addOwner(name, rrsets)
      }
      for (const name of left) this.#removeOwner(name)
      if (old) this.#removeNamespace(old.namespace)
      this.#settleReverse(old?.reverse ?? [], records?.reverse ?? [])
      if (key !== nameServerService) return
      for (const [name, rrsets] of this.#nameServers()) this.#tree.setRRsets(name, rrsets)
    })
    if (records) this.#services.set(key, packNames({ ...records, owners: [...records.owners.keys()] }))
    else this.#services.delete(key)
    return this.#table.changes !== changes
  }

  /**
   * A namespace exists if its object does, or any service is in it: manifests, unlike a cluster, often leave the
   * Namespace object out.
   */
  setNamespace(name: string, exists: boolean): void {
    if (this.#namespaces.has(name) === exists) return
    this.#table.atomically(() => {
      if (exists) this.#addNamespace(name)
      else this.#removeNamespace(name)
    })
    if (exists) this.#namespaces.add(name)
    else this.#namespaces.delete(name)
  }

  /**
   * Keeps octets under a key that is no name, such as `pod 10.244.1.7`, in 1 to 254 characters of ASCII without capitals;
   * undefined takes them away.
   */
  putValue(key: string, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.#table.remove(valueKey(key))
    else this.#table.put(valueKey(key), [{ type: 0, count: 0, wire: bytes }], 0)
  }

  /** Settles the PTR of each address that a service claims now and did not, or the other way round. */
  #settleReverse(old: readonly ReverseRecord[], records: readonly ReverseRecord[]): void {
    const [given, taken] = [without(old, records), without(records, old)]
    for (const owner of new Set([...given.keys(), ...taken.keys()])) {
      const before = this.exists(owner) ? this.#claims(owner) : []
      const claims = changedClaims(before, given.get(owner) ?? [], taken.get(owner) ?? [])
      const rrsets = rrsetsOf(this.options.ttl, pointers(claims))
      if (claims.length === 0) this.#removeOwner(owner)
      else if (before.length === 0) this.#addOwner(owner, rrsets)
      else this.#tree.setRRsets(owner, rrsets)
      if ([...before, ...claims].some(({ clusterIp }) => clusterIp)) this.#keepClaims(owner, claims)
    }
  }

  /** Where no cluster IP hides them, the PTR records are the claims, and nothing else is kept. */
  #claims(owner: string): readonly Claim[] {
    const kept = this.value(claimKey(owner))
    if (kept !== undefined) return readClaims(kept)
    const records = (this.owners.get(owner) ?? []).flatMap(({ data }) => data)
    return records.flatMap((data) => (data.type === 'PTR' ? { target: data.target, clusterIp: false } : []))
  }

  #keepClaims(owner: string, claims: readonly Claim[]): void {
    const hidden = this.originOf(owner) !== undefined && claims.some(({ clusterIp }) => clusterIp)
    this.putValue(claimKey(owner), hidden ? claimBytes(claims) : undefined)
  }

  /** The name servers' records follow the service that stands for them. */
  #nameServers(): readonly (readonly [string, readonly RRset[]])[] {
    return this.apexes.flatMap((apex) => nameServerOwners(apex, this.options, this.owners))
  }

  #addOwner(name: string, rrsets: readonly RRset[]): void {
    this.#tree.setRRsets(name, rrsets)
    this.#tree.add(name)
  }

  #removeOwner(name: string): void {
    this.#tree.remove(name)
    // There may be names below it.
    if (this.exists(name)) this.#tree.setRRsets(name, [])
  }

  #addNamespace(namespace: string): void {
    for (const name of namespaceNames(namespace, this.options)) this.#tree.add(name)
  }

  #removeNamespace(namespace: string): void {
    for (const name of namespaceNames(namespace, this.options)) this.#tree.remove(name)
  }
}

function claimKey(owner: string): string {
  return `ptr ${owner}`
}

/** The records that are not among the others, by owner. */
function without(
  records: readonly ReverseRecord[],
  others: readonly ReverseRecord[],
): ReadonlyMap<string, readonly ReverseRecord[]> {
  const known = new Set(others.map(textOf))
  return Map.groupBy(
    records.filter((record) => !known.has(textOf(record))),
    ({ owner }) => owner,
  )
}

function textOf({ owner, target, clusterIp }: ReverseRecord): string {
  return `${owner} ${target} ${clusterIp}`
}
