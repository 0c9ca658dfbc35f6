/** A clock that stands still until it is told to go on. */
export class FakeClock {
  #now = 1000
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>()

  readonly now = (): number => this.#now

  readonly after = (milliseconds: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + milliseconds, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets this much time go by; what waits for a moment in between sees that moment. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    await settled()
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Lets everything run that waits for nothing but its turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
