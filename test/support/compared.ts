import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { desiredRules, kernelRules, zoneText, type ComparedSide } from '../../src/agent/compared-side.ts'
import { IptablesRuleset, type RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { ReportGroup } from '../../src/diff/report.ts'
import { formatReport } from '../../src/diff/report-text.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { families, type Family } from '../../src/net/family.ts'
import { savedText } from './saved-text.ts'

const networks = ['10.244.0.0/16', '2001:db8:244::/48'].map(parseCidr).filter((cidr) => cidr !== undefined)

/** Options of a node as the clusters of tests have it. */
const usual: Omit<RulesetOptions, 'family'> = {
  nodeName: 'node-1',
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks },
  nodePortNetworks: [],
}

/** What a state asks for, rules and names. */
export function stateSide(state: ClusterStore, options: Partial<RulesetOptions> = {}): ComparedSide {
  return {
    rules: families.map((family) => desiredRules(rulesetOf(state, family, options), family)),
    zone: zoneText(state, { domain: 'cluster.local', ttl: 5 }),
  }
}

/** What a state asks for, as it is compared with a kernel. */
export function wantedSide(state: ClusterStore, options: Partial<RulesetOptions> = {}): ComparedSide {
  return { rules: stateSide(state, options).rules }
}

/** A kernel that held what a state asks for, until somebody edited what iptables-save prints. */
export function kernelSide(
  state: ClusterStore,
  edit: (saved: string, family: Family) => string,
  options: Partial<RulesetOptions> = {},
): ComparedSide {
  return {
    rules: families.map((family) => {
      const ruleset = rulesetOf(state, family, options)
      const saved = savedText(renderFullSync(ruleset.desired(), parseSavedRules(''), Infinity))
      return kernelRules(ruleset, family, edit(saved, family))
    }),
  }
}

/** The sentences of a report: everything but the lines that differ. */
export function sentences(groups: readonly ReportGroup[]): readonly string[] {
  return formatReport(groups)
    .split('\n')
    .filter((line) => !/^([-+@]|$)/.test(line))
}

function rulesetOf(state: ClusterStore, family: Family, options: Partial<RulesetOptions>): IptablesRuleset {
  return new IptablesRuleset(state, { ...usual, ...options, family })
}
