import type { ChainChange, FamilySides } from '../backends/iptables/causes/chain-change.ts'
import { ownerOfLine } from '../backends/iptables/causes/rule-owner.ts'
import { RuleSide } from '../backends/iptables/causes/rule-side.ts'
import { tables, type Table } from '../xtables/rule.ts'
import type { Edit } from '../diff/line-diff.ts'
import type { SectionDiff } from '../diff/ruleset-diff.ts'
import { ZoneSide } from '../dns/zone-side.ts'
import type { Family } from '../net/family.ts'
import type { ComparedSide } from './compared-side.ts'
import { rulesDocumentName, zoneDocumentName } from './documents.ts'

/** The two sides of a comparison, ready to be asked about their lines. */
export interface PairedSides {
  readonly families: readonly FamilySides[]
  readonly zones: { readonly old: ZoneSide; readonly now: ZoneSide }
}

export function pairSides(old: ComparedSide, now: ComparedSide): PairedSides {
  return {
    families: now.rules.map(({ family }) => ({ family, old: ruleSide(old, family), now: ruleSide(now, family) })),
    zones: { old: zoneSide(old), now: zoneSide(now) },
  }
}

function ruleSide({ rules }: ComparedSide, family: Family): RuleSide {
  const found = rules.find((candidate) => candidate.family === family)
  return new RuleSide(found?.chains ?? [], found?.fragments)
}

function zoneSide({ zone }: ComparedSide): ZoneSide {
  return new ZoneSide(zone?.lines ?? [], zone?.apex ?? '')
}

/** The Service that a changed line belongs to; undefined for what is not of one. */
export function ownerOf({ families, zones }: PairedSides, diff: SectionDiff, edit: Edit): string | undefined {
  if (diff.document === zoneDocumentName) return zones[edit.sign === '-' ? 'old' : 'now'].serviceOf(edit.text)
  const sides = families.find(({ family }) => rulesDocumentName(family) === diff.document)
  const { table, chain } = placeOf(diff)
  return sides && ownerOfLine(sides, table, chain, edit.text)
}

/** The differences that are in rules. */
export function chainChanges({ families }: PairedSides, sections: readonly SectionDiff[]): readonly ChainChange[] {
  return families.flatMap(({ family }) =>
    sections
      .filter(({ document }) => document === rulesDocumentName(family))
      .map((diff) => ({ family, ...placeOf(diff), removed: texts(diff, '-'), added: texts(diff, '+') })),
  )
}

/** The records that went or came. */
export function changedRecords(sections: readonly SectionDiff[]): readonly string[] {
  return sections
    .filter(({ document }) => document === zoneDocumentName)
    .flatMap(({ edits }) => edits.map(({ text }) => text))
}

/** A section of rules is a chain: `nat KUBE-SERVICES`. */
function placeOf({ section }: SectionDiff): { readonly table: Table; readonly chain: string } {
  const table = tables.find((name) => section.startsWith(`${name} `)) ?? 'filter'
  return { table, chain: section.slice(table.length + 1) }
}

function texts({ edits }: SectionDiff, sign: Edit['sign']): readonly string[] {
  return edits.filter((edit) => edit.sign === sign).map(({ text }) => text)
}
