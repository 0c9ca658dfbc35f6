import type { ReportGroup } from '../diff/report.ts'
import type { Family } from '../net/family.ts'
import { foundRules, heldRules } from './compared-side.ts'
import { reportDifferences } from './diff-report.ts'
import type { Found } from './sync-report.ts'

/** What somebody else had made of our rules, in the words of `diff`: even an order that no packet can tell. */
export function foundDifferences(family: Family, found: Found): readonly ReportGroup[] {
  if ('explain' in found) return found.explain()
  const { desired, fragments, kernel } = found
  const old = foundRules(family, desired, kernel)
  const now = heldRules(family, desired, fragments)
  return reportDifferences({ rules: [old] }, { rules: [now] })
}
