import { diffLines, type Edit, type Line } from './line-diff.ts'

/** A part of a document that is compared on its own, such as one chain: `nat KUBE-SERVICES`. */
interface Section {
  readonly name: string
  readonly lines: readonly Line[]
}

export interface DocumentSections {
  /** `iptables-ipv4.rules` */
  readonly document: string
  readonly sections: readonly Section[]
}

export interface SectionDiff {
  readonly document: string
  readonly section: string
  readonly edits: readonly Edit[]
}

/** The sections that differ, documents and sections in the order of `now`, those that only `old` has behind them. */
export function diffRulesets(
  old: readonly DocumentSections[],
  now: readonly DocumentSections[],
): readonly SectionDiff[] {
  const documents = new Set([...now, ...old].map(({ document }) => document))
  return [...documents].flatMap((document) => {
    const before = sectionsOf(old, document)
    const after = sectionsOf(now, document)
    const sections = new Set([...after.keys(), ...before.keys()])
    return [...sections].flatMap((section) => {
      const edits = diffLines(before.get(section) ?? [], after.get(section) ?? [])
      return edits.every(({ sign }) => sign === ' ') ? [] : [{ document, section, edits }]
    })
  })
}

function sectionsOf(documents: readonly DocumentSections[], name: string): ReadonlyMap<string, readonly Line[]> {
  const found = documents.filter(({ document }) => document === name).flatMap(({ sections }) => sections)
  return new Map(found.map((section) => [section.name, section.lines]))
}
