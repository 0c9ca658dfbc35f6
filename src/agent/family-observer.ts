import { countAdded } from '../backends/iptables/document.ts'
import type { ReportGroup } from '../diff/report.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { DriftReporter } from './drift-reporter.ts'
import { driftedLines } from './drift-summary.ts'
import { LastingGroups } from './lasting-groups.ts'
import type { FamilyComparison } from './observed-family.ts'
import type { FamilyFigures } from './proxy-metrics.ts'
import { pauseAfterReading } from './read-pause.ts'

/**
 * Looks at one family's rules in the kernel. A difference counts once two looks in a row have found it; each is told of once,
 * and that all is right at the start and when it is again.
 */
export class FamilyObserver {
  readonly #family: Family
  readonly #comparison: FamilyComparison
  readonly #readPauseMs: number
  readonly #drift: DriftReporter
  readonly #lasting = new LastingGroups()
  #nextLookAt = 0
  /** What has been told of, a text for each group; undefined before anything has. */
  #told: ReadonlySet<string> | undefined

  /** @param readPauseMs The least time from one look to the next. */
  constructor(family: Family, comparison: FamilyComparison, readPauseMs: number, drift: DriftReporter) {
    this.#family = family
    this.#comparison = comparison
    this.#readPauseMs = readPauseMs
    this.#drift = drift
  }

  get figures(): FamilyFigures {
    const { ruleset } = this.#comparison
    return {
      family: this.#family,
      ruleset,
      written: countAdded(''),
      quarantined: 0,
      failures: 0,
      partialFailures: 0,
    }
  }

  touch(services: Iterable<string>): void {
    this.#comparison.touch(services)
  }

  /** Reads the kernel if that is due; throws when it cannot. */
  async look(addresses: readonly Address[]): Promise<void> {
    const start = performance.now()
    if (start < this.#nextLookAt) return
    this.#report(await this.#comparison.look(addresses))
    const end = performance.now()
    this.#nextLookAt = end + pauseAfterReading(end - start, this.#readPauseMs)
  }

  #report(groups: readonly ReportGroup[]): void {
    const family = this.#family
    const lasting = this.#lasting.next(groups)
    if (groups.length === 0) {
      if (this.#told?.size !== 0) this.#drift.equal(family, this.#told !== undefined)
      this.#told = new Set()
    } else if (lasting.length > 0) {
      const news = lasting.filter((group) => this.#told?.has(driftedLines(group)) !== true)
      this.#told = new Set(lasting.map(driftedLines))
      this.#drift.observed(family, news, lasting)
    }
  }
}
