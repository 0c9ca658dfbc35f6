import type { ReportGroup } from '../diff/report.ts'

/**
 * Tells differences that last from those that whoever programs the kernel is about to mend: a group counts when a line of
 * it differed in the same way at the look before.
 */
export class LastingGroups {
  #before: readonly ReportGroup[] = []

  /** Those of the present look that the look before had too. */
  next(groups: readonly ReportGroup[]): readonly ReportGroup[] {
    const before = new Set(this.#before.flatMap(editKeys))
    this.#before = groups
    return groups.filter((group) => editKeys(group).some((key) => before.has(key)))
  }
}

function editKeys({ sections }: ReportGroup): readonly string[] {
  return sections.flatMap(({ document, section, edits }) =>
    edits.map(({ sign, text }) => `${document} ${section} ${sign}${text}`),
  )
}
