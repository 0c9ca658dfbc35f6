import type { Edit } from './line-diff.ts'
import type { SectionDiff } from './ruleset-diff.ts'

/** The changed lines of one owner, in the order of the documents. */
export interface OwnedDiff {
  /** Absent for lines that belong to no one. */
  readonly owner?: string
  /** Without unchanged lines. */
  readonly sections: readonly SectionDiff[]
}

/** Says whose a changed line is. */
export type OwnerOf = (section: SectionDiff, edit: Edit) => string | undefined

/** Puts every changed line to its owner: what is no one's first, since it concerns all, then by owner, sorted. */
export function groupByOwner(diffs: readonly SectionDiff[], ownerOf: OwnerOf): readonly OwnedDiff[] {
  const groups = new Map<string | undefined, SectionDiff[]>()
  for (const diff of diffs) {
    const changed = diff.edits.filter(({ sign }) => sign !== ' ')
    for (const [owner, edits] of Map.groupBy(changed, (edit) => ownerOf(diff, edit))) {
      const sections = groups.get(owner) ?? []
      groups.set(owner, sections)
      sections.push({ ...diff, edits })
    }
  }
  return [...groups]
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([owner, sections]) => (owner === undefined ? { sections } : { owner, sections }))
}
