import type { ClusterState } from '../model/cluster-state.ts'
import type { Service } from '../model/service.ts'
import { commonService, needsRules } from '../model/common-service.ts'

/**
 * The cluster as DNS may tell of it with `--dns-after-rules`: a service that rules are written for is here as it was when
 * they reached the kernel, in every family of this node. While newer rules are on their way, or refused, only what both have
 * is here: the next sync may bring them. All else is what it is in the state behind it.
 */
export class ProgrammedServices implements ClusterState {
  readonly services = new Map<string, Service>()
  readonly #state: ClusterState
  readonly #hasArrived: (service: string) => boolean
  readonly #pending = new Set<string>()

  /** @param hasArrived Whether the kernel holds the rules that a service should have, in every family. */
  constructor(state: ClusterState, hasArrived: (service: string) => boolean) {
    this.#state = state
    this.#hasArrived = hasArrived
  }

  get slices(): ClusterState['slices'] {
    return this.#state.slices
  }

  get nodes(): ClusterState['nodes'] {
    return this.#state.nodes
  }

  get namespaces(): ClusterState['namespaces'] {
    return this.#state.namespaces
  }

  get pods(): ClusterState['pods'] {
    return this.#state.pods
  }

  get imports(): ClusterState['imports'] {
    return this.#state.imports
  }

  get importedSlices(): ClusterState['importedSlices'] {
    return this.#state.importedSlices
  }

  /** Before the rules of these services change: takes away what they will no longer lead to, and adds nothing. */
  withdraw(services: Iterable<string>): void {
    for (const key of services) {
      const next = this.#state.services.get(key)
      if (next === undefined || !needsRules(next)) {
        this.#pending.delete(key)
        this.#show(key, next)
        continue
      }
      const shown = this.services.get(key)
      this.#pending.add(key)
      this.#show(key, shown && commonService(shown, next))
    }
  }

  /** After rules went to the kernel: adds what arrived there. Returns the services that are different now. */
  settle(): readonly string[] {
    const changed: string[] = []
    for (const key of this.#pending) {
      if (!this.#hasArrived(key)) continue
      const before = this.services.get(key)
      this.#pending.delete(key)
      this.#show(key, this.#state.services.get(key))
      if (this.services.get(key) !== before) changed.push(key)
    }
    return changed
  }

  #show(key: string, service: Service | undefined): void {
    if (service === undefined) this.services.delete(key)
    else this.services.set(key, service)
  }
}
