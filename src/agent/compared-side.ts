import { desiredChains, savedChains, type OwnedChain } from '../backends/iptables/owned-rules.ts'
import type { Desired } from '../backends/iptables/full-sync.ts'
import { parseSavedRules, type SavedRules } from '../backends/iptables/saved-rules.ts'
import { inServiceOrder } from '../backends/iptables/service-order.ts'
import { zoneFile } from '../dns/zone-file.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Family } from '../net/family.ts'
import { zoneOfState } from './dns-table.ts'
import type { Fragments } from './fragments.ts'
import type { IptablesRuleset } from './iptables-ruleset.ts'

/** The rules of one family on one side of a comparison. */
export interface FamilyRules {
  readonly family: Family
  readonly chains: readonly OwnedChain[]
  /** By service; absent for a kernel, which holds only rules. */
  readonly fragments?: Fragments
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
  return heldRules(family, ruleset.desired(), ruleset.fragments)
}

/** What the kernel should hold. */
export function heldRules(family: Family, desired: Desired, fragments: Fragments): FamilyRules {
  return { family, chains: desiredChains(desired), fragments }
}

/** What of the kernel's rules is ours, each where it stands. */
export function foundRules(family: Family, desired: Desired, kernel: SavedRules): FamilyRules {
  return { family, chains: savedChains(desired, kernel) }
}

/** What of `iptables-save`'s output is ours. The order of Services, which kube-proxy leaves to chance, is ours too. */
export function kernelRules(ruleset: IptablesRuleset, family: Family, saved: string): FamilyRules {
  const desired = ruleset.desired()
  const { chains } = foundRules(family, desired, parseSavedRules(saved))
  return { family, chains: inServiceOrder(chains, desiredChains(desired)) }
}

export function zoneText(state: ClusterState, options: ZoneOptions): ZoneText {
  const zone = zoneOfState(state, options)
  const lines = zoneFile(zone).split('\n')
  return { domain: options.domain, apex: zone.apex, lines: lines.filter((line) => line !== '') }
}
