import { dnsVersion, nameServerOwners, nameServerService, soaData } from './apex.ts'
import { NameTree } from './name-tree.ts'
import { isWithin, nameBytes, parentName } from './name.ts'
import type { RecordData } from './resource-record.ts'
import { RRset, rrsetsOf } from './rrset.ts'
import type { ReverseRecord, ServiceRecords } from './service-records.ts'
import { apexName, type ZoneOptions } from './zone-options.ts'

/** Where a zone we serve begins: the cluster domain or a reverse tree. */
export interface Origin {
  readonly name: string
  /** Octets of the name in wire form: where in a question the zone's part begins. */
  readonly length: number
}

/**
 * The cluster zone and the reverse zones, as a table from owner name to RRsets. It is put together from the records of
 * each service; exchanging those of one service costs that service, whatever the size of the cluster.
 */
export class Zone {
  readonly options: ZoneOptions
  /** The cluster domain, absolute: `cluster.local.`. */
  readonly apex: string
  /** The cluster domain, then the reverse zones. */
  readonly origins: readonly Origin[]
  /** False until the state of the cluster is complete: a name that is missing may still come, so SERVFAIL, not NXDOMAIN. */
  synced = false
  /** Of every SOA; whoever changes the zone raises it. */
  serial = 0

  readonly #owners = new Map<string, readonly RRset[]>()
  readonly #tree = new NameTree()
  readonly #services = new Map<string, ServiceRecords>()
  readonly #namespaces = new Set<string>()
  readonly #reverse = new Map<string, readonly ReverseRecord[]>()

  constructor(options: ZoneOptions) {
    const apex = apexName(options)
    if (apex === '.' || nameBytes(apex) === undefined) {
      throw new SyntaxError(`Cannot serve the zone "${options.domain}": it is not a DNS name`)
    }
    this.options = options
    this.apex = apex
    this.origins = [apex, 'in-addr.arpa.', 'ip6.arpa.'].map((name) => ({ name, length: name.length + 1 }))
    for (const { name } of this.origins) this.#tree.add(name)
    for (const name of ['svc', 'pod']) this.#tree.add(`${name}.${apex}`)
    this.#addOwner(`dns-version.${apex}`, [dnsVersion])
    this.#setNameServers()
  }

  /** Every owner name with its RRsets; the SOA, which changes with the serial, is not among them. */
  get owners(): ReadonlyMap<string, readonly RRset[]> {
    return this.#owners
  }

  /** Exchanges all that comes from the service with this key (`shop/cart`); undefined takes it away. */
  setService(key: string, records: ServiceRecords | undefined): void {
    const old = this.#services.get(key)
    if (old) this.#removeService(old)
    if (records) this.#addService(records)
    if (records) this.#services.set(key, records)
    else this.#services.delete(key)
    this.#settleReverse(old?.reverse ?? [], records?.reverse ?? [])
    if (key === nameServerService) this.#setNameServers()
  }

  /**
   * A namespace exists if its object does, or any service is in it: manifests, unlike a cluster, often leave the
   * Namespace object out.
   */
  setNamespace(name: string, exists: boolean): void {
    if (this.#namespaces.has(name) === exists) return
    if (exists) {
      this.#namespaces.add(name)
      this.#tree.add(this.#namespaceName(name))
    } else {
      this.#namespaces.delete(name)
      this.#tree.remove(this.#namespaceName(name))
    }
  }

  /** The zone that a name lies in; undefined for names that are not ours. */
  originOf(name: string): Origin | undefined {
    return this.origins.find((origin) => isWithin(name, origin.name))
  }

  exists(name: string): boolean {
    return this.#owners.has(name) || this.#tree.has(name)
  }

  /** The SOA of the cluster zone or a reverse zone, with the serial of now. */
  soa(apex: string): RRset {
    const { ttl } = this.options
    // As in CoreDNS: a resolver keeps a denial for the TTL of its SOA (RFC 2308 section 5), five minutes at most.
    return new RRset('SOA', Math.min(ttl, 300), [soaData(apex, this.serial, ttl)])
  }

  #addService(records: ServiceRecords): void {
    this.#tree.add(this.#namespaceName(records.namespace))
    for (const [name, rrsets] of records.owners) this.#addOwner(name, rrsets)
    for (const record of records.reverse) {
      this.#reverse.set(record.owner, [...(this.#reverse.get(record.owner) ?? []), record])
    }
  }

  #removeService(records: ServiceRecords): void {
    this.#tree.remove(this.#namespaceName(records.namespace))
    for (const name of records.owners.keys()) this.#removeOwner(name)
    for (const record of records.reverse) {
      const left = (this.#reverse.get(record.owner) ?? []).filter((other) => other !== record)
      if (left.length > 0) this.#reverse.set(record.owner, left)
      else this.#reverse.delete(record.owner)
    }
  }

  /** Settles the PTR of each address that the old or the new records of a service speak of. */
  #settleReverse(old: readonly ReverseRecord[], records: readonly ReverseRecord[]): void {
    for (const owner of new Set([...old, ...records].map((record) => record.owner))) {
      if (this.#owners.has(owner)) this.#removeOwner(owner)
      const claims = this.#reverse.get(owner)
      if (claims) this.#addOwner(owner, rrsetsOf(this.options.ttl, pointers(claims)))
    }
  }

  /** The name servers' records follow the service that stands for them. */
  #setNameServers(): void {
    for (const [name, rrsets] of nameServerOwners(this.apex, this.options.ttl, this.#owners)) {
      if (this.#owners.has(name)) this.#removeOwner(name)
      this.#addOwner(name, rrsets)
    }
  }

  #addOwner(name: string, rrsets: readonly RRset[]): void {
    this.#owners.set(name, rrsets)
    this.#tree.add(parentName(name))
  }

  #removeOwner(name: string): void {
    this.#owners.delete(name)
    this.#tree.remove(parentName(name))
  }

  #namespaceName(namespace: string): string {
    return `${namespace}.svc.${this.apex}`
  }
}

/**
 * The name of the one service that has the address as its cluster IP, the first by name should two claim it; without
 * one, the names of all endpoints that have it, since a pod may stand behind several services.
 */
function pointers(claims: readonly ReverseRecord[]): readonly RecordData[] {
  const services = claims.filter((claim) => claim.clusterIp)
  const targets = [...new Set((services.length > 0 ? services : claims).map((claim) => claim.target))].sort()
  return targets.slice(0, services.length > 0 ? 1 : undefined).map((target) => ({ type: 'PTR', target }))
}
