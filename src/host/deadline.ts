/** Ends something that takes too long; there is one deadline at a time. */
export class Deadline {
  readonly #missed: () => void
  #timer: NodeJS.Timeout | undefined
  #milliseconds = 0

  constructor(missed: () => void) {
    this.#missed = missed
  }

  /** So many milliseconds from now, whatever was allowed before. */
  allow(milliseconds: number): void {
    if (this.#timer && milliseconds === this.#milliseconds) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#milliseconds = milliseconds
    this.#timer = setTimeout(this.#missed, milliseconds)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
