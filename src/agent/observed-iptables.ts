import { counterNames, type CounterName } from '../backends/iptables/counter.ts'
import { plainKernel } from '../backends/iptables/kernel-fit.ts'
import type { ReportGroup } from '../diff/report.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import { shortHash } from '../net/short-hash.ts'
import type { ClusterStore } from './cluster-store.ts'
import { desiredRules, kernelRules } from './compared-side.ts'
import { reportDifferences } from './diff-report.ts'
import { IptablesRuleset, type RulesetFigures, type RulesetOptions } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'
import type { FamilyComparison, ObservedFamily } from './observed-family.ts'

export function observedIptables(
  options: Omit<RulesetOptions, 'family'>,
  family: Family,
  tool: Pick<IptablesTool, 'save'>,
): ObservedFamily {
  return { family, start: (state) => new IptablesComparison(state, { ...options, family }, tool) }
}

class IptablesComparison implements FamilyComparison {
  readonly #state: ClusterStore
  readonly #options: RulesetOptions
  readonly #tool: Pick<IptablesTool, 'save'>
  #counters: readonly CounterName[] = []
  #ruleset: IptablesRuleset
  /** What was compared last; undefined once the plan has changed. */
  #compared: { readonly rules: string; readonly groups: readonly ReportGroup[] } | undefined

  constructor(state: ClusterStore, options: RulesetOptions, tool: Pick<IptablesTool, 'save'>) {
    this.#state = state
    this.#options = options
    this.#tool = tool
    this.#ruleset = new IptablesRuleset(state, options)
  }

  get ruleset(): RulesetFigures {
    return this.#ruleset
  }

  touch(services: Iterable<string>): void {
    this.#compared = undefined
    this.#ruleset.touch(services)
  }

  /** To compare 220,000 rules takes longer than to read them, and mostly nothing has changed since the last look. */
  async look(addresses: readonly Address[]): Promise<readonly ReportGroup[]> {
    const saved = await this.#tool.save()
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
}
