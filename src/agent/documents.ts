import { renderNodeLocal } from '../backends/iptables/node-local-rules.ts'
import type { OwnedChain } from '../backends/iptables/owned-rules.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { renderAddresses, renderServers, renderSets } from '../backends/ipvs/documents.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import { renderNodeLocalTable } from '../backends/nftables/node-local-table.ts'
import type { DocumentSections } from '../diff/ruleset-diff.ts'
import { zoneFile } from '../dns/zone-file.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { familyOf, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import { dnsPorts } from '../plan/node-local-dns.ts'
import type { ClusterStore } from './cluster-store.ts'
import { zoneOfState } from './dns-table.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'
import { IpvsRuleset, type IpvsOptions } from './ipvs-ruleset.ts'

/** One text that a tool of the kernel, or a reader, takes as it is. */
export interface RuleDocument {
  /** `iptables-ipv4.rules`, `zone.db`; the whole list is part of the command line's contract. */
  readonly name: string
  readonly text: string
}

export const zoneDocumentName = 'zone.db'

/** Of IPVS mode, for all families together. */
export const ipvsDocumentNames = {
  servers: 'ipvs.ipvsadm',
  addresses: 'ipvs.addresses',
  sets: 'ipvs.ipset',
} as const

export function ipvsRulesDocumentName(family: Family): string {
  return `ipvs-${family.toLowerCase()}.rules`
}

export function rulesDocumentName(family: Family): string {
  return `iptables-${family.toLowerCase()}.rules`
}

export function nodeLocalDocumentName(family: Family): string {
  return `node-local-dns-${family.toLowerCase()}.rules`
}

/** What keeps queries for these addresses on the node, in the words of iptables and, for all families, of nft. */
export function nodeLocalDocuments(
  addresses: readonly Address[],
  families: readonly Family[],
): readonly RuleDocument[] {
  const packetsOf = (family: Family) => ({
    addresses: addresses.filter((address) => familyOf(address) === family).sort(),
    ports: dnsPorts,
  })
  return [
    ...families.map((family) => ({
      name: nodeLocalDocumentName(family),
      text: renderNodeLocal(packetsOf(family), parseSavedRules('')),
    })),
    {
      name: 'node-local-dns.nft',
      text: families.map((family) => renderNodeLocalTable(family, packetsOf(family))).join(''),
    },
  ]
}

/** The rules that a cluster state asks for, with iptables alone. */
export function iptablesDocuments(
  state: ClusterStore,
  families: readonly Family[],
  ruleset: Omit<RulesetOptions, 'family'>,
): readonly RuleDocument[] {
  return families.map((family) => ({
    name: rulesDocumentName(family),
    text: new IptablesRuleset(state, { ...ruleset, family }).render(),
  }))
}

/** What it asks for with IPVS: virtual servers, addresses and sets of all families together, and the rules of each. */
export function ipvsDocuments(
  state: ClusterStore,
  families: readonly Family[],
  options: Omit<IpvsOptions, 'family'>,
): readonly RuleDocument[] {
  const rulesets = families.map((family) => ({ family, ruleset: new IpvsRuleset(state, { ...options, family }) }))
  const each = (textOf: (wanted: IpvsState, family: Family) => string) =>
    rulesets.map(({ family, ruleset }) => textOf(ruleset.wanted, family)).join('')
  return [
    { name: ipvsDocumentNames.servers, text: each(renderServers) },
    { name: ipvsDocumentNames.addresses, text: each(renderAddresses) },
    { name: ipvsDocumentNames.sets, text: each(renderSets) },
    ...rulesets.map(({ family, ruleset }) => ({
      name: ipvsRulesDocumentName(family),
      text: ruleset.renderRules(),
    })),
  ]
}

/** The names that it asks for. */
export function zoneDocument(state: ClusterStore, zone: ZoneOptions): RuleDocument {
  return { name: zoneDocumentName, text: zoneFile(zoneOfState(state, zone)) }
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
