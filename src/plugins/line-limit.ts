import type { DnsEnvironment } from './environment.ts'

/** Writes so many lines a second, and of the others how many there were. */
export class LineLimit {
  readonly #perSecond: number
  readonly #environment: Pick<DnsEnvironment, 'write' | 'now' | 'after'>
  #second = Number.NEGATIVE_INFINITY
  #written = 0
  #left = 0
  #cancel = (): void => {}

  constructor(perSecond: number, environment: Pick<DnsEnvironment, 'write' | 'now' | 'after'>) {
    this.#perSecond = perSecond
    this.#environment = environment
  }

  write(line: string): void {
    const now = this.#environment.now()
    if (now - this.#second >= 1000) {
      this.#second = now
      this.#written = 0
    }
    if (this.#written++ < this.#perSecond) this.#environment.write(line)
    else if (++this.#left === 1) this.#cancel = this.#environment.after(1000, () => this.flush())
  }

  /** Says now how many lines were left out. */
  readonly flush = (): void => {
    this.#cancel()
    if (this.#left > 0) this.#environment.write(`[WARNING] plugin/errors: ${this.#left} more errors were not logged`)
    this.#left = 0
  }
}
