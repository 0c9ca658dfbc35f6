import { desiredChains, savedChains, type OwnedChain } from '../backends/iptables/owned-rules.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import type { DocumentSections } from '../diff/ruleset-diff.ts'
import { zoneFile } from '../dns/zone-file.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import { DnsTable } from './dns-table.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'

/** One text that a tool of the kernel, or a reader, takes as it is. */
export interface RuleDocument {
  /** `iptables-ipv4.rules`, `zone.db`; the whole list is part of the command line's contract. */
  readonly name: string
  readonly text: string
}

function rulesDocumentName(family: Family): string {
  return `iptables-${family.toLowerCase()}.rules`
}

/** Every document that a cluster state asks for. */
export function renderDocuments(
  state: ClusterStore,
  families: readonly Family[],
  ruleset: Omit<RulesetOptions, 'family'>,
  zone: ZoneOptions,
): readonly RuleDocument[] {
  return [
    ...families.map((family) => ({
      name: rulesDocumentName(family),
      text: new IptablesRuleset(state, { ...ruleset, family }).render(),
    })),
    { name: 'zone.db', text: zoneFile(new DnsTable(state, zone).zone) },
  ]
}

/** The same state cut into chains, to be compared. */
export function desiredSections(ruleset: IptablesRuleset, family: Family): DocumentSections {
  return sections(family, desiredChains(ruleset.desired()))
}

/** What `iptables-save` printed, cut into the chains that are ours. */
export function kernelSections(ruleset: IptablesRuleset, family: Family, saved: string): DocumentSections {
  return sections(family, savedChains(ruleset.desired(), parseSavedRules(saved)))
}

export function zoneSections(state: ClusterState, zone: ZoneOptions): DocumentSections {
  const text = zoneFile(new DnsTable(state, zone).zone)
  const lines = text.split('\n').filter((line) => line !== '')
  return {
    document: 'zone.db',
    sections: [{ name: zone.domain, lines: lines.map((line) => ({ key: line, text: line })) }],
  }
}

function sections(family: Family, chains: readonly OwnedChain[]): DocumentSections {
  return {
    document: rulesDocumentName(family),
    sections: chains.map(({ table, chain, lines }) => ({ name: `${table} ${chain}`, lines })),
  }
}
