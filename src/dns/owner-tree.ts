import { isWithin, parentName } from './name.ts'
import { isReverse, type Origin } from './origin.ts'
import type { RRset } from './rrset.ts'
import { entryFlags } from './table/entry.ts'
import { nameKey } from './table/table-key.ts'
import type { TableWriter } from './table/table-writer.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * The names of a table, each of which exists because something is at or below it: a name between the apex and an owner
 * exists too, without data of its own (RFC 8020). Each name counts its own additions and the names directly below it.
 */
export class OwnerTree {
  readonly #table: TableWriter
  readonly #apexes: readonly string[]
  readonly #origins: readonly Origin[]
  readonly #external: boolean

  constructor(table: TableWriter, { apexes, origins, options }: ZoneView) {
    this.#table = table
    this.#apexes = apexes
    this.#origins = origins
    this.#external = options.external !== undefined
  }

  /** Adds the name, and all above it that are not there yet. A name outside all zones is nobody's to ask for. */
  add(name: string): void {
    for (let at = name; this.#isOurs(at); at = parentName(at)) {
      const key = nameKey(at)
      let count = this.#table.refer(key)
      if (count === 0) {
        this.#table.put(key, [], this.#flags(at))
        count = this.#table.refer(key)
      }
      if (count > 1) return
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
   * What answers need not look beyond the entry: at a name in a reverse zone, or no deeper than the endpoints of a service;
   * and for what is not there below a reverse name, the apex, `svc` or a namespace. Deeper and below `pod` are names that
   * are made when they are asked for.
   */
  #flags(name: string): number {
    if (isReverse(name)) return entryFlags.whole | entryFlags.closed
    const apex = this.#apexes.find((one) => isWithin(name, one))
    if (apex === undefined) return 0
    const labels = countDots(name, name.length - apex.length)
    const closed = labels === 0 || (!this.#external && labels <= 2 && isWithin(name, `svc.${apex}`))
    const whole = labels <= (this.#external ? 2 : 4)
    return (whole ? entryFlags.whole : 0) | (closed ? entryFlags.closed : 0)
  }
}

/** Each label has one at its end; a dot within a label is written otherwise. */
function countDots(name: string, end: number): number {
  let dots = 0
  for (let i = 0; i < end; i++) if (name.charCodeAt(i) === 46) dots++
  return dots
}
