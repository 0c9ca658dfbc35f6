import { isWithin, parentName } from './name.ts'
import { isReverse, type Origin } from './origin.ts'
import type { RRset } from './rrset.ts'
import { entryFlags } from './table/entry.ts'
import { nameKey } from './table/table-key.ts'
import type { TableWriter } from './table/table-writer.ts'

/**
 * The names of a table, each of which exists because something is at or below it: a name between the apex and an owner
 * exists too, without data of its own (RFC 8020). Each name counts its own additions and the names directly below it.
 */
export class OwnerTree {
  readonly #table: TableWriter
  readonly #apex: string
  readonly #origins: readonly Origin[]

  /** @param apex The cluster domain, absolute. */
  constructor(table: TableWriter, apex: string, origins: readonly Origin[]) {
    this.#table = table
    this.#apex = apex
    this.#origins = origins
  }

  /** Adds the name, and all above it that are not there yet. A name outside all zones is nobody's to ask for. */
  add(name: string): void {
    for (let at = name; this.#isOurs(at); at = parentName(at)) {
      if (this.#table.refer(nameKey(at), this.#flags(at)) > 1) return
    }
  }

  /** Takes back one `add` of the same name; without other reasons to exist it goes, and what is above it likewise. */
  remove(name: string): void {
    for (let at = name; this.#isOurs(at); at = parentName(at)) {
      if (this.#table.release(nameKey(at)) > 0) return
    }
  }

  /** Exchanges the RRsets of a name, which is added before or afterwards. */
  setRRsets(name: string, rrsets: readonly RRset[]): void {
    if (this.#isOurs(name)) this.#table.put(nameKey(name), rrsets, this.#flags(name))
  }

  #isOurs(name: string): boolean {
    return this.#origins.some((origin) => isWithin(name, origin.name))
  }

  /**
   * What answers need not look beyond the entry: at a name in a reverse zone, or no deeper than the endpoints of a
   * service; and for what is not there below a reverse name, the apex, `svc` or a namespace.
   */
  #flags(name: string): number {
    if (isReverse(name)) return entryFlags.whole | entryFlags.closed
    if (!isWithin(name, this.#apex)) return 0
    const labels = name.slice(0, -this.#apex.length).split('.').slice(0, -1)
    const closed = labels.length === 0 || (labels.at(-1) === 'svc' && labels.length <= 2)
    return (labels.length <= 4 ? entryFlags.whole : 0) | (closed ? entryFlags.closed : 0)
  }
}
