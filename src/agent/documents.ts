import type { OwnedChain } from '../backends/iptables/owned-rules.ts'
import type { DocumentSections } from '../diff/ruleset-diff.ts'
import { zoneFile } from '../dns/zone-file.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import { zoneOfState } from './dns-table.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'

/** One text that a tool of the kernel, or a reader, takes as it is. */
export interface RuleDocument {
  /** `iptables-ipv4.rules`, `zone.db`; the whole list is part of the command line's contract. */
  readonly name: string
  readonly text: string
}

export const zoneDocumentName = 'zone.db'

export function rulesDocumentName(family: Family): string {
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
    { name: zoneDocumentName, text: zoneFile(zoneOfState(state, zone)) },
  ]
}

/** The rules cut into chains, to be compared. */
export function rulesSections(family: Family, chains: readonly OwnedChain[]): DocumentSections {
  return {
    document: rulesDocumentName(family),
    sections: chains.map(({ table, chain, lines }) => ({ name: `${table} ${chain}`, lines })),
  }
}

export function zoneSections(domain: string, lines: readonly string[]): DocumentSections {
  return {
    document: zoneDocumentName,
    sections: [{ name: domain, lines: lines.map((line) => ({ key: line, text: line })) }],
  }
}
