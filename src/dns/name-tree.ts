import { parentName } from './name.ts'

/**
 * The names that exist because something is at or below them: a name between the apex and an owner exists too, without
 * data of its own (RFC 8020). Each name counts its own additions and the names directly below it.
 */
export class NameTree {
  readonly #counts = new Map<string, number>()

  has(name: string): boolean {
    return this.#counts.has(name)
  }

  /** Adds the name, and all above it that are not there yet. */
  add(name: string): void {
    for (let at = name; at !== '.'; at = parentName(at)) {
      const count = this.#counts.get(at) ?? 0
      this.#counts.set(at, count + 1)
      if (count > 0) return
    }
  }

  /** Takes back one `add` of the same name. */
  remove(name: string): void {
    for (let at = name; at !== '.'; at = parentName(at)) {
      const count = this.#counts.get(at) ?? 0
      if (count > 1) {
        this.#counts.set(at, count - 1)
        return
      }
      this.#counts.delete(at)
    }
  }
}
