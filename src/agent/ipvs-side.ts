import type { Desired } from '../backends/iptables/full-sync.ts'
import { desiredChains, savedChains, type OwnedChain } from '../backends/iptables/owned-rules.ts'
import type { SavedRules } from '../backends/iptables/saved-rules.ts'
import { fragmentWords } from '../backends/ipvs/blame.ts'
import { addressLine, ipvsInterface } from '../backends/ipvs/documents.ts'
import type { IpvsFragment } from '../backends/ipvs/fragment.ts'
import { addLine, createLine, kernelSetName } from '../backends/ipvs/ip-set.ts'
import { filledSets } from '../backends/ipvs/rules.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import { serverLines, type VirtualServer } from '../backends/ipvs/virtual-server.ts'
import type { DocumentSections } from '../diff/ruleset-diff.ts'
import type { Family } from '../net/family.ts'
import { appendLine } from '../xtables/rule.ts'
import { ipvsDocumentNames, ipvsRulesDocumentName } from './documents.ts'
import type { FoundState } from './ipvs-reading.ts'
import type { IpvsRuleset } from './ipvs-ruleset.ts'

/** One family on one side of a comparison in IPVS mode. */
export interface IpvsFamilySide {
  readonly family: Family
  readonly state: IpvsState
  readonly chains: readonly OwnedChain[]
  /** By service; empty for a kernel, which does not know any. */
  readonly fragments: ReadonlyMap<string, IpvsFragment>
}

/** What the kernel should hold. */
export type WantedIpvs = Pick<IpvsRuleset, 'fragments' | 'wanted' | 'desiredRules'>

/** What a state asks for. */
export function desiredIpvsSide(ruleset: WantedIpvs, family: Family): IpvsFamilySide {
  const { fragments, wanted } = ruleset
  return { family, state: wanted, chains: desiredChains(wantedRules(ruleset)), fragments }
}

/** What of the kernel is ours. Real servers that only wait for the end of their connections are no difference. */
export function kernelIpvsSide(
  ruleset: WantedIpvs,
  family: Family,
  found: FoundState,
  rules: SavedRules,
): IpvsFamilySide {
  const { servers: wanted } = ruleset.wanted
  const ours = [...found.servers].filter(([key, server]) => wanted.has(key) || found.isRecorded(server))
  const servers = new Map(ours.map(([key, server]) => [key, withoutDraining(server, wanted.get(key))]))
  const chains = savedChains(wantedRules(ruleset), rules)
  return { family, state: { ...found, servers }, chains, fragments: new Map() }
}

/** Cut into what is compared on its own: virtual servers, the interface, sets, chains. */
export function ipvsSections({ family, state, chains }: IpvsFamilySide): readonly DocumentSections[] {
  return [
    {
      document: ipvsDocumentNames.servers,
      sections: [...state.servers].map(([key, server]) => section(key, serverLines(server))),
    },
    {
      document: ipvsDocumentNames.addresses,
      sections: [section(ipvsInterface, [...state.addresses].map(addressLine))],
    },
    {
      document: ipvsDocumentNames.sets,
      sections: [...state.sets].map(([set, members]) =>
        section(kernelSetName(set, family), [
          createLine(set, family),
          ...[...members].map((member) => addLine({ set, member }, family)),
        ]),
      ),
    },
    {
      document: ipvsRulesDocumentName(family),
      sections: chains.map(({ table, chain, lines }) => ({ name: `${table} ${chain}`, lines })),
    },
  ]
}

function section(name: string, texts: readonly string[]) {
  return { name, lines: texts.map((text) => ({ key: text, text })) }
}

/** The first service by name that each line, or all lines of a virtual server, are of: those words stand for these. */
export function lineOwners({ family, fragments }: IpvsFamilySide): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const [service, part] of [...fragments].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const word of [...fragmentWords(part, family), ...part.filter.map(appendLine)])
      if (!owners.has(word)) owners.set(word, service)
  }
  return owners
}

/** The rules that the kernel should hold. */
export function wantedRules(ruleset: WantedIpvs): Desired {
  const rules = [...ruleset.fragments].map(([key, { filter }]) => [key, filter] as const)
  return ruleset.desiredRules(filledSets(ruleset.wanted.sets), new Map(rules.filter(([, { length }]) => length > 0)))
}

function withoutDraining(server: VirtualServer, wanted: VirtualServer | undefined): VirtualServer {
  if (wanted === undefined || server.protocol !== 'TCP') return server
  const targets = new Set(wanted.realServers.map(({ target }) => target))
  return {
    ...server,
    realServers: server.realServers.filter(({ target, weight }) => weight > 0 || targets.has(target)),
  }
}
