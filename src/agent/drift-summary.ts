import { summarize, type ReportGroup } from '../diff/report.ts'
import { groupTitles } from '../diff/report-text.ts'
import { shortHash } from '../net/short-hash.ts'

/** So many of a kind are spelled out; of the others only how many there are. */
const spelled = 10

/** A rule is rarely longer than 300 characters. */
const longestLine = 500

/** What differs between the kernel and the plan, in a few lines however much it is. */
export interface DriftSummary {
  /** By namespace and name, then `and 12 more`. */
  readonly services: readonly string[]
  /** `nat KUBE-SERVICES` */
  readonly chains: readonly string[]
  /** How many lines of ours are not there, and how many are there that are not ours. */
  readonly missing: number
  readonly foreign: number
  /** In the words of `diff`: what to do so that the kernel is right. */
  readonly says: readonly string[]
  /** `+` what is missing, `-` what is there besides, each behind its table: `nat + -A KUBE-SERVICES …`. */
  readonly lines: readonly string[]
}

export function summarizeDrift(groups: readonly ReportGroup[]): DriftSummary {
  const { linesAdded, linesRemoved } = summarize(groups)
  return {
    services: bounded(groups.flatMap(({ owner }) => owner ?? [])),
    chains: bounded(sectionNames(groups)),
    missing: linesAdded,
    foreign: linesRemoved,
    says: bounded(groups.flatMap(groupTitles)),
    lines: bounded(groups.flatMap(editLines)),
  }
}

/** The same for the same chains, whatever is done to them: who fights over a chain does not write the same each time. */
export function driftKind(groups: readonly ReportGroup[]): string {
  return shortHash(sectionNames(groups).sort().join('\n'))
}

/** The same for the same differences of one group. */
export function driftedLines({ owner, sections }: ReportGroup): string {
  return shortHash(JSON.stringify([owner, sections]))
}

function sectionNames(groups: readonly ReportGroup[]): string[] {
  return [...new Set(groups.flatMap(({ sections }) => sections.map(({ section }) => section)))]
}

function editLines({ sections }: ReportGroup): readonly string[] {
  return sections.flatMap(({ section, edits }) =>
    edits.map(({ sign, text }) => `${section.split(' ', 1).join('')} ${sign} ${text}`.slice(0, longestLine)),
  )
}

function bounded(items: readonly string[]): readonly string[] {
  const rest = items.length - spelled
  return rest > 0 ? [...items.slice(0, spelled), `and ${rest} more`] : items
}
