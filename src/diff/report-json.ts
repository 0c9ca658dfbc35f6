import { causeText, type Cause } from './cause.ts'
import { summarize, type ReportGroup } from './report.ts'

/** The same for scripts; the shape is part of the command line's contract. */
export function reportJson(groups: readonly ReportGroup[]): object {
  return {
    apiVersion: 'pointsman/v1',
    kind: 'Diff',
    groups: groups.map(({ owner, status, causes, sections }) => ({
      service: owner ?? null,
      status,
      causes: causes.map(causeJson),
      changes: sections.map(({ document, section, edits }) => ({
        document,
        section,
        removed: edits.filter(({ sign }) => sign === '-').map(({ text }) => text),
        added: edits.filter(({ sign }) => sign === '+').map(({ text }) => text),
      })),
    })),
    summary: summarize(groups),
  }
}

/** Fields that a kind of cause does not have are left out. */
function causeJson(cause: Cause): object {
  const { kind, port, families, removed, added, changed, from, to, has } = cause
  return { kind, port, families, removed, added, changed, from, to, has, text: causeText(cause) }
}
