import { countRules } from '../backends/iptables/document.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import type { ReportGroup } from '../diff/report.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { RulesetFigures } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { reportIpvsDifferences } from './ipvs-diff-report.ts'
import { readIpvsState } from './ipvs-reading.ts'
import { IpvsRuleset, type IpvsOptions } from './ipvs-ruleset.ts'
import { desiredIpvsSide, kernelIpvsSide, wantedRules, type IpvsFamilySide } from './ipvs-side.ts'
import type { IpvsReadingTool } from './ipvs-tool.ts'
import type { FamilyComparison, ObservedFamily } from './observed-family.ts'

/** What reads one family of IPVS mode. */
export interface IpvsReadingTools {
  readonly ipvs: IpvsReadingTool
  readonly iptables: Pick<IptablesTool, 'save'>
}

export function observedIpvs(
  options: Omit<IpvsOptions, 'family'>,
  family: Family,
  tools: IpvsReadingTools,
): ObservedFamily {
  return { family, start: (state) => new IpvsComparison(state, { ...options, family }, tools) }
}

class IpvsComparison implements FamilyComparison {
  readonly #family: Family
  readonly #ruleset: IpvsRuleset
  readonly #tools: IpvsReadingTools

  constructor(state: ClusterStore, options: IpvsOptions, tools: IpvsReadingTools) {
    this.#family = options.family
    this.#ruleset = new IpvsRuleset(state, options)
    this.#tools = tools
  }

  get ruleset(): RulesetFigures {
    const { base, fragments } = wantedRules(this.#ruleset)
    return { rules: countRules(base, fragments), noLocalEndpoints: this.#ruleset.noLocalEndpoints }
  }

  touch(services: Iterable<string>): void {
    this.#ruleset.touch(services)
  }

  async look(addresses: readonly Address[]): Promise<readonly ReportGroup[]> {
    this.#ruleset.setLocalAddresses(addresses)
    const old = await readIpvsSide(this.#ruleset, this.#family, this.#tools)
    return reportIpvsDifferences({ families: [old] }, { families: [desiredIpvsSide(this.#ruleset, this.#family)] })
  }
}

/** What the kernel has of one family, as far as it is ours. */
export async function readIpvsSide(
  ruleset: IpvsRuleset,
  family: Family,
  { ipvs, iptables }: IpvsReadingTools,
): Promise<IpvsFamilySide> {
  const found = await readIpvsState(ipvs, family)
  return kernelIpvsSide(ruleset, family, found, parseSavedRules(await iptables.save()))
}
