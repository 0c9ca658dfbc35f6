import { desiredChains, savedChains, type OwnedChain } from '../backends/iptables/owned-rules.ts'
import type { ServiceFragment } from '../backends/iptables/fragment.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { zoneFile } from '../dns/zone-file.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Family } from '../net/family.ts'
import { zoneOfState } from './dns-table.ts'
import type { IptablesRuleset } from './iptables-ruleset.ts'

/** The rules of one family on one side of a comparison. */
export interface FamilyRules {
  readonly family: Family
  readonly chains: readonly OwnedChain[]
  /** By service; absent for a kernel, which holds only rules. */
  readonly fragments?: ReadonlyMap<string, ServiceFragment>
}

/** The names on one side of a comparison. */
export interface ZoneText {
  readonly domain: string
  /** The cluster domain, absolute: `cluster.local.`. */
  readonly apex: string
  readonly lines: readonly string[]
}

/** What a state asks for, or what a kernel holds. */
export interface ComparedSide {
  readonly rules: readonly FamilyRules[]
  /** Absent for a kernel, which has no names. */
  readonly zone?: ZoneText
}

export function desiredRules(ruleset: IptablesRuleset, family: Family): FamilyRules {
  return { family, chains: desiredChains(ruleset.desired()), fragments: ruleset.fragments }
}

/** What of `iptables-save`'s output is ours. */
export function kernelRules(ruleset: IptablesRuleset, family: Family, saved: string): FamilyRules {
  return { family, chains: savedChains(ruleset.desired(), parseSavedRules(saved)) }
}

export function zoneText(state: ClusterState, options: ZoneOptions): ZoneText {
  const zone = zoneOfState(state, options)
  const lines = zoneFile(zone).split('\n')
  return { domain: options.domain, apex: zone.apex, lines: lines.filter((line) => line !== '') }
}
