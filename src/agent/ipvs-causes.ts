import type { Cause } from '../diff/cause.ts'
import type { Edit } from '../diff/line-diff.ts'
import type { SectionDiff } from '../diff/ruleset-diff.ts'
import { ipvsDocumentNames } from './documents.ts'

/** Why lines of IPVS mode differ: what went, what came, and what is there on both sides with something else behind it. */
export function ipvsCauses(sections: readonly SectionDiff[]): readonly Cause[] {
  const of = (document: string) => sections.filter((section) => section.document === document)
  const servers = of(ipvsDocumentNames.servers)
  const rules = sections.filter(({ document }) => document.endsWith('.rules'))
  return [
    ...fates('virtual server', servers, ({ section }, { text }) => (text.startsWith('-A ') ? section : undefined)),
    ...fates('endpoint', servers, (_, { text }) => / -r (\S+)/.exec(text)?.[1]),
    ...fates('bound address', of(ipvsDocumentNames.addresses), (_, { text }) => text.split(' ')[2]),
    ...fates('set', of(ipvsDocumentNames.sets), ({ section }, { text }) =>
      text.startsWith('create ') ? section : undefined,
    ),
    ...fates('set member', of(ipvsDocumentNames.sets), ({ section }, { text }) =>
      text.startsWith('add ') ? `${section} ${text.split(' ')[2] ?? ''}` : undefined,
    ),
    ...(rules.length === 0 ? [] : [{ kind: 'chain', changed: rules.map(({ section }) => section) }]),
  ]
}

/** @param nameOf What a line is about; undefined: nothing of this kind. */
function fates(
  kind: string,
  sections: readonly SectionDiff[],
  nameOf: (section: SectionDiff, edit: Edit) => string | undefined,
): readonly Cause[] {
  const signs = new Map<string, Set<Edit['sign']>>()
  for (const section of sections) {
    for (const edit of section.edits) {
      const name = nameOf(section, edit)
      if (name !== undefined) signs.set(name, (signs.get(name) ?? new Set()).add(edit.sign))
    }
  }
  if (signs.size === 0) return []
  const names = Map.groupBy(signs.keys(), (name) => {
    const found = signs.get(name) ?? new Set()
    if (found.size > 1) return 'changed'
    return found.has('+') ? 'added' : 'removed'
  })
  return [{ kind, ...Object.fromEntries(names) }]
}
