import type { Corefile } from '../config/corefile/corefile.ts'
import type { Reload } from '../config/corefile/plugins/reload.ts'
import { errorText } from '../host/error-text.ts'
import { corefileHash } from './corefile-hash.ts'

export interface CorefileReloadEnvironment {
  /** Reads the Corefile with all that it imports; throws what is wrong with it. */
  readonly read: () => Promise<Corefile>
  /** Takes it over; throws when it cannot, and then all is as it was. */
  readonly apply: (corefile: Corefile, hash: string) => Promise<void>
  /** Told once of each Corefile that is not taken over. */
  readonly onFailure: (message: string) => void
  /** From 0 to 1. */
  readonly random: () => number
}

/** Looks whether the Corefile says something else, every now and then, and takes over what it says. */
export class CorefileReload {
  readonly #environment: CorefileReloadEnvironment
  /** The hash of the Corefile in force. */
  #running: string
  /** The hash of the one that was not taken over, or what is wrong with one that has none; it is not tried again. */
  #refused: string | undefined
  #period: Pick<Reload, 'intervalMs' | 'jitterMs'> | undefined
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #again = false
  #closed = false

  /** @param running The hash of the Corefile in force. */
  constructor(running: string, environment: CorefileReloadEnvironment) {
    this.#running = running
    this.#environment = environment
  }

  /** How often it looks from now on; undefined for never. */
  every(period: Pick<Reload, 'intervalMs' | 'jitterMs'> | undefined): void {
    this.#period = period
    this.#schedule()
  }

  /** Looks now; if it is doing so, once more, since the file may have been read before it became what it is. */
  check(): Promise<void> {
    this.#again = this.#checking !== undefined
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = undefined
      this.#schedule()
    })
    return this.#checking
  }

  /** Lets a check under way end. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#checking
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#period === undefined || this.#closed) return
    const { intervalMs, jitterMs } = this.#period
    // Many nodes have one Corefile: they must not all reload in the same second.
    const waitMs = intervalMs + (this.#environment.random() - 0.5) * jitterMs
    this.#timer = setTimeout(() => void this.check(), waitMs)
  }

  async #checkAll(): Promise<void> {
    do {
      this.#again = false
      await this.#check()
    } while (this.#again && !this.#closed)
  }

  async #check(): Promise<void> {
    const corefile = await this.#environment.read().catch(errorText)
    if (this.#closed) return
    if (typeof corefile === 'string') return this.#refuse(corefile, corefile)
    const hash = corefileHash(corefile)
    if (hash === this.#running) this.#refused = undefined
    else if (hash !== this.#refused) await this.#apply(corefile, hash)
  }

  async #apply(corefile: Corefile, hash: string): Promise<void> {
    try {
      await this.#environment.apply(corefile, hash)
      this.#running = hash
      this.#refused = undefined
    } catch (error) {
      this.#refuse(hash, errorText(error))
    }
  }

  #refuse(what: string, why: string): void {
    if (what === this.#refused) return
    this.#refused = what
    this.#environment.onFailure(why)
  }
}
