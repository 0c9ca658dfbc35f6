import type { ClusterState } from '../model/cluster-state.ts'
import type { Service } from '../model/service.ts'
import { commonService, needsRules } from '../model/common-service.ts'
import type { Standing } from './standing.ts'

/** What a service was when all its rules were in the kernel, and which rules these are, by family. */
interface Known {
  readonly service: Service | undefined
  readonly held: readonly Standing['held'][]
}

/**
 * The cluster as DNS may tell of it with `--dns-after-rules`: a service that rules are written for is here as it was when
 * they reached the kernel, in every family of this node. While newer rules are on their way, only what both have is here.
 * All else is what it is in the state behind it.
 */
export class ProgrammedServices implements ClusterState {
  readonly services = new Map<string, Service>()
  readonly #state: ClusterState
  readonly #standings: (service: string) => readonly Standing[]
  readonly #pending = new Map<string, Known>()

  /** @param standings What the kernel holds of a service, one for each family. */
  constructor(state: ClusterState, standings: (service: string) => readonly Standing[]) {
    this.#state = state
    this.#standings = standings
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
      if (!this.#pending.has(key)) {
        const held = this.#standings(key).map((standing) => standing.held)
        this.#pending.set(key, { service: shown, held })
      }
      this.#show(key, shown && commonService(shown, next))
    }
  }

  /**
   * After rules went to the kernel: adds what arrived there. What was refused is as before; what may have arrived or not
   * stays withdrawn. Returns the services that are different now.
   */
  settle(): readonly string[] {
    const changed: string[] = []
    for (const [key, known] of this.#pending) {
      const before = this.services.get(key)
      this.#settleOne(key, known)
      if (this.services.get(key) !== before) changed.push(key)
    }
    return changed
  }

  #settleOne(key: string, { service, held }: Known): void {
    const standings = this.#standings(key)
    if (standings.every(({ isWanted }) => isWanted)) {
      this.#pending.delete(key)
      this.#show(key, this.#state.services.get(key))
    } else if (standings.every((standing, i) => standing.isCertain && standing.held === held[i])) {
      this.#show(key, service)
    }
  }

  #show(key: string, service: Service | undefined): void {
    if (service === undefined) this.services.delete(key)
    else this.services.set(key, service)
  }
}
