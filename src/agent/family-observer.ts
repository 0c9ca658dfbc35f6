import { counterNames, type CounterName } from '../backends/iptables/counter.ts'
import { countAdded } from '../backends/iptables/document.ts'
import { plainKernel } from '../backends/iptables/kernel-fit.ts'
import type { ReportGroup } from '../diff/report.ts'
import type { Address } from '../net/address.ts'
import type { ClusterStore } from './cluster-store.ts'
import { desiredRules, kernelRules } from './compared-side.ts'
import { reportDifferences } from './diff-report.ts'
import type { DriftReporter } from './drift-reporter.ts'
import { driftedLines } from './drift-summary.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { LastingGroups } from './lasting-groups.ts'
import type { FamilyFigures } from './proxy-metrics.ts'
import { shortHash } from '../net/short-hash.ts'
import { pauseAfterReading } from './read-pause.ts'

/**
 * Compares one family's rules in the kernel with what we would program. A difference counts once two looks in a row have
 * found it; each is told of once, and that all is right at the start and when it is again.
 */
export class FamilyObserver {
  readonly #state: ClusterStore
  readonly #options: RulesetOptions
  readonly #tool: Pick<IptablesTool, 'save'>
  readonly #readPauseMs: number
  readonly #drift: DriftReporter
  readonly #lasting = new LastingGroups()
  #counters: readonly CounterName[] = []
  #ruleset: IptablesRuleset
  #nextLookAt = 0
  /** What was compared last; undefined once the plan has changed. */
  #compared: { readonly rules: string; readonly groups: readonly ReportGroup[] } | undefined
  /** What has been told of, a text for each group; undefined before anything has. */
  #told: ReadonlySet<string> | undefined

  /** @param readPauseMs The least time from one look to the next. */
  constructor(
    state: ClusterStore,
    options: RulesetOptions,
    tool: Pick<IptablesTool, 'save'>,
    readPauseMs: number,
    drift: DriftReporter,
  ) {
    this.#state = state
    this.#options = options
    this.#tool = tool
    this.#readPauseMs = readPauseMs
    this.#drift = drift
    this.#ruleset = new IptablesRuleset(state, options)
  }

  get figures(): FamilyFigures {
    const { family } = this.#options
    return { family, ruleset: this.#ruleset, written: countAdded(''), quarantined: 0, failures: 0, partialFailures: 0 }
  }

  touch(services: Iterable<string>): void {
    this.#compared = undefined
    this.#ruleset.touch(services)
  }

  /** Reads the kernel if that is due; throws when it cannot. */
  async look(addresses: readonly Address[]): Promise<void> {
    const start = performance.now()
    if (start < this.#nextLookAt) return
    this.#report(this.#compare(await this.#tool.save(), addresses))
    const end = performance.now()
    this.#nextLookAt = end + pauseAfterReading(end - start, this.#readPauseMs)
  }

  /** To compare 220,000 rules takes longer than to read them, and mostly nothing has changed since the last look. */
  #compare(saved: string, addresses: readonly Address[]): readonly ReportGroup[] {
    const rules = shortHash(`${addresses.join()}\n${saved.replaceAll(/^#.*|\[\d+:\d+\]/gm, '')}`)
    if (this.#compared?.rules === rules) return this.#compared.groups
    this.#fitCounters(saved)
    this.#ruleset.localAddresses = addresses
    const { family } = this.#options
    const kernel = { rules: [kernelRules(this.#ruleset, family, saved)] }
    const groups = reportDifferences(kernel, { rules: [desiredRules(this.#ruleset, family)] })
    this.#compared = { rules, groups }
    return groups
  }

  /** Whether rules count packets is for those who write them to choose. */
  #fitCounters(saved: string): void {
    const counters = counterNames.filter((name) => new RegExp(`--nfacct-name +${name}\\b`).test(saved))
    if (counters.join() === this.#counters.join()) return
    this.#counters = counters
    const kernel = { ...plainKernel, ...this.#options.kernel, counters }
    this.#ruleset = new IptablesRuleset(this.#state, { ...this.#options, kernel })
  }

  #report(groups: readonly ReportGroup[]): void {
    const { family } = this.#options
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
