/** Something that is not ready at once, such as `kubernetes` before the first reading. */
export interface ReadySource {
  readonly name: string
  readonly isReady: () => boolean
}

/** Whether all that must be ready is. */
export class Readiness {
  #sources: readonly ReadySource[] = []
  #monitor: 'until-ready' | 'continuously' = 'until-ready'
  readonly #seen = new Set<string>()

  /** @param monitor Whether one that was ready once is asked again. */
  watch(sources: readonly ReadySource[], monitor: 'until-ready' | 'continuously'): void {
    this.#sources = sources
    this.#monitor = monitor
  }

  /** The names of those that are not ready, sorted, each once. */
  get missing(): readonly string[] {
    const again = this.#monitor === 'continuously'
    const missing = this.#sources.filter(({ name, isReady }) => {
      if (!again && this.#seen.has(name)) return false
      const ready = isReady()
      if (ready) this.#seen.add(name)
      return !ready
    })
    return [...new Set(missing.map(({ name }) => name))].sort()
  }
}
