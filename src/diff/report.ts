import type { Cause } from './cause.ts'
import type { OwnedDiff } from './grouped-diff.ts'

/** One owner's differences and why they are there. */
export interface ReportGroup extends OwnedDiff {
  /** Whether the owner is on one side alone; what belongs to no one has `changed`. */
  readonly status: 'new' | 'removed' | 'changed'
  readonly causes: readonly Cause[]
}

/** How many there are of each. */
export interface ReportSummary {
  readonly new: number
  readonly removed: number
  readonly changed: number
  readonly linesAdded: number
  readonly linesRemoved: number
}

export function summarize(groups: readonly ReportGroup[]): ReportSummary {
  const owned = groups.filter(({ owner }) => owner !== undefined)
  const count = (status: ReportGroup['status']) => owned.filter((group) => group.status === status).length
  const lines = { '+': 0, '-': 0, ' ': 0 }
  for (const { edits } of groups.flatMap(({ sections }) => sections)) for (const { sign } of edits) lines[sign]++
  return {
    new: count('new'),
    removed: count('removed'),
    changed: count('changed'),
    linesAdded: lines['+'],
    linesRemoved: lines['-'],
  }
}
