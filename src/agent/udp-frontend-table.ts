import type { FrontendChange } from '../backends/conntrack/watch.ts'
import type { UdpFrontend } from '../plan/udp-frontends.ts'

/** The UDP frontends of every service, and what those of the changed ones were when flows were last cleaned. */
export class UdpFrontendTable {
  readonly #current = new Map<string, readonly UdpFrontend[]>()
  readonly #before = new Map<string, readonly UdpFrontend[]>()

  /** @param frontends Empty for a service that is gone or has no UDP port. */
  replace(service: string, frontends: readonly UdpFrontend[]): void {
    const old = this.#current.get(service) ?? []
    if (old.length === 0 && frontends.length === 0) return
    if (!this.#before.has(service)) this.#before.set(service, old)
    if (frontends.length === 0) this.#current.delete(service)
    else this.#current.set(service, frontends)
  }

  get current(): Iterable<readonly UdpFrontend[]> {
    return this.#current.values()
  }

  /** Every target of every frontend. */
  targets(): ReadonlySet<string> {
    const lists = [...this.#current.values()].flatMap((frontends) => frontends.map(({ targets }) => targets))
    return new Set(lists.flat())
  }

  /** Services that changed since the last {@link settle}. */
  changed(): readonly FrontendChange[] {
    return [...this.#before.keys()].map((service) => this.#change(service))
  }

  /** Every service, and those that have gone since the last {@link settle}. */
  all(): readonly FrontendChange[] {
    return [...new Set([...this.#current.keys(), ...this.#before.keys()])].map((service) => this.#change(service))
  }

  /** Says that no flow is stale now. */
  settle(): void {
    this.#before.clear()
  }

  #change(service: string): FrontendChange {
    return { before: this.#before.get(service) ?? [], after: this.#current.get(service) ?? [] }
  }
}
