import { causeText } from './cause.ts'
import { summarize, type ReportGroup } from './report.ts'

/** What a line of the text is, for whoever colours it. */
export type LineRole = 'title' | 'section' | 'removed' | 'added'

/**
 * Text for people: sentences that say whose lines follow and why they differ, a header for each section, `-` for what
 * goes, `+` for what comes; a summary at the end. Nothing where nothing differs.
 */
export function formatReport(
  groups: readonly ReportGroup[],
  paint: (role: LineRole, line: string) => string = (_, line) => line,
): string {
  if (groups.length === 0) return ''
  const lines = groups.flatMap((group) => [
    ...groupTitles(group).map((line) => paint('title', line)),
    ...group.sections.flatMap(({ document, section, edits }) => [
      paint('section', `@@ ${document} ${section}`),
      ...edits.map(({ sign, text }) => paint(sign === '-' ? 'removed' : 'added', `${sign} ${text}`)),
    ]),
    '',
  ])
  return [...lines, paint('title', summaryText(groups)), ''].join('\n')
}

/** A line for each port that causes name: `Service shop/cart, port http: endpoint 10.244.1.9:8080 removed`. */
export function groupTitles({ owner, causes }: ReportGroup): readonly string[] {
  if (owner === undefined) return causes.map((cause) => `Not of one Service: ${causeText(cause)}`)
  return [...Map.groupBy(causes, ({ port }) => port)].map(([port, about]) => {
    const subject = `Service ${owner}${port === undefined ? '' : `, port ${port}`}`
    return `${subject}: ${about.map(causeText).join('; ')}`
  })
}

/** `3 Services differ: 1 new, 1 removed, 1 changed; 14 lines to add, 9 to remove` */
function summaryText(groups: readonly ReportGroup[]): string {
  const { linesAdded, linesRemoved, ...summary } = summarize(groups)
  const services = summary.new + summary.removed + summary.changed
  const counts = (['new', 'removed', 'changed'] as const).filter((status) => summary[status] > 0)
  const owned = `${services} ${services === 1 ? 'Service differs' : 'Services differ'}: ${counts.map((status) => `${summary[status]} ${status}`).join(', ')}`
  const unowned = groups.length > services
  const what =
    services === 0
      ? 'Only what is not of one Service differs'
      : `${owned}${unowned ? ', and what is not of one Service' : ''}`
  return `${what}; ${linesAdded} ${linesAdded === 1 ? 'line' : 'lines'} to add, ${linesRemoved} to remove`
}
