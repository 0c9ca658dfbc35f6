import { ipvsInterface } from '../backends/ipvs/documents.ts'
import { errorText } from '../host/error-text.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import type { ClusterStore } from './cluster-store.ts'
import { ConflictLog } from './conflict-report.ts'
import type { DriftReporter } from './drift-reporter.ts'
import { FamilyObserver } from './family-observer.ts'
import type { ObservedFamily } from './observed-family.ts'
import type { Programs } from './programs.ts'
import type { FamilyFigures } from './proxy-metrics.ts'

/** The rules of each family in a kernel that somebody else programs: compared with what we would program, never written. */
export class FamilyObservers implements Programs {
  /** What somebody else makes of the kernel is not for our health to say. */
  readonly drift = undefined
  readonly #observers: readonly FamilyObserver[]
  readonly #conflicts: ConflictLog
  #looked = false

  constructor(
    state: ClusterStore,
    observed: readonly ObservedFamily[],
    periodMs: number,
    log: Log,
    drift: DriftReporter,
  ) {
    this.#observers = observed.map(
      // Looks come once a period, counted from their beginnings, as the checks of a programmer do.
      ({ family, start }) => new FamilyObserver(family, start(state), periodMs / 2, drift),
    )
    this.#conflicts = new ConflictLog(state.claims, log)
  }

  get figures(): readonly FamilyFigures[] {
    return this.#observers.map((observer) => observer.figures)
  }

  touch(services: ReadonlySet<string>): void {
    for (const observer of this.#observers) observer.touch(services)
  }

  /** Looks at the start too. Whoever programs the kernel needs time after a change, so no look comes of one. */
  async sync(_: number | undefined, check: boolean): Promise<void> {
    this.#conflicts.report()
    if (!check && this.#looked) return
    const addresses = localAddresses(ipvsInterface)
    const failures: string[] = []
    for (const observer of this.#observers) {
      try {
        await observer.look(addresses)
      } catch (error) {
        failures.push(`${observer.figures.family}: ${errorText(error)}`)
      }
    }
    if (failures.length > 0) throw new Error(failures.join('; '))
    this.#looked = true
  }
}
