import type { ClusterState } from '../model/cluster-state.ts'
import type { ClusterChanges } from './cluster-source.ts'
import type { DnsZones } from './dns-zones.ts'
import { ProgrammedServices } from './programmed-services.ts'

/** The rules in the kernel, as far as names depend on them. */
export interface KernelRules {
  /** Whether the kernel holds the rules that a service should have, in every family. */
  hasArrived(service: string): boolean
  /** Whether rules of any family have arrived. */
  readonly isProgrammed: boolean
}

export interface AnsweredClusterOptions {
  /** Of every SOA: seconds since 1970. */
  readonly serial: () => number
  /** Whether everything is known that names are answered by. */
  readonly isKnown: () => boolean
  /** With `--dns-after-rules`: the rules that names wait for; undefined until there are any. */
  readonly rules?: () => KernelRules | undefined
}

/** What DNS tells of the cluster, and when: every change at once, or what rules lead to once these are in the kernel. */
export class AnsweredCluster {
  /** What records are made from. */
  readonly state: ClusterState
  readonly #options: AnsweredClusterOptions
  readonly #programmed: ProgrammedServices | undefined
  #isComplete = false

  constructor(state: ClusterState, options: AnsweredClusterOptions) {
    const { rules } = options
    this.#programmed = rules && new ProgrammedServices(state, (service) => rules()?.hasArrived(service) ?? true)
    this.state = this.#programmed ?? state
    this.#options = options
  }

  /** False until everything is known; until then names that are not there are answered with SERVFAIL. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether names wait for rules. */
  get waits(): boolean {
    return this.#programmed !== undefined
  }

  /** Before rules change: tells what needs none, and no longer tells what they will not lead to. */
  async take(
    zones: DnsZones | undefined,
    changes: Pick<ClusterChanges, 'put' | 'removed'>,
    touched: ReadonlySet<string>,
  ): Promise<void> {
    this.#programmed?.withdraw(touched)
    zones?.take(changes, touched)
    await this.#commit(zones, this.#programmed === undefined && this.#options.isKnown())
  }

  /** After rules went to the kernel, whether all of them arrived or not. */
  async rulesSynced(zones: DnsZones | undefined): Promise<void> {
    if (this.#programmed === undefined) return
    const changed = this.#programmed.settle()
    const isComplete = (this.#options.rules?.()?.isProgrammed ?? false) && this.#options.isKnown()
    if (changed.length === 0 && isComplete === this.#isComplete) return
    zones?.take({ put: [], removed: [] }, changed)
    await this.#commit(zones, isComplete)
  }

  async #commit(zones: DnsZones | undefined, isComplete: boolean): Promise<void> {
    this.#isComplete ||= isComplete
    await zones?.commit(this.#options.serial())
  }
}
