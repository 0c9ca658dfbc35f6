import type { TemplatePart } from '../config/corefile/template-text.ts'
import { className, typeName } from '../config/corefile/code.ts'
import type { Template } from '../config/corefile/plugins/template.ts'
import { matcher } from './name-match.ts'
import type { Request } from './request.ts'
import { zoneOf } from './zones.ts'

/** What the parts of a record are for one query. */
export type TemplateText = (part: TemplatePart) => string

/** What a template says of a query: it fills its records, it is for other queries, or its expressions do not match. */
export type TemplateMatch = TemplateText | 'other query' | 'no match'

/** As a type and as a class (RFC 1035 sections 3.2.3 and 3.2.5). */
const any = 255

export function templateMatcher(template: Template): (request: Request) => TemplateMatch {
  const { zones, class: ofClass, type: ofType } = template
  const patterns = template.match.map((pattern) => ({ match: matcher(pattern), names: pattern.groups }))
  return (request) => {
    const { query, name } = request
    const zone = zoneOf(name, zones)
    if (zone === undefined || !fits(ofClass.number, query.class) || !fits(ofType.number, query.type)) {
      return 'other query'
    }
    for (const { match, names } of patterns) {
      const groups = match(name)
      if (groups) return (part) => partText(part, request, zone, template, (group) => groupText(group, groups, names))
    }
    return 'no match'
  }
}

function fits(wanted: number, asked: number): boolean {
  return wanted === any || asked === any || wanted === asked
}

/** A group by its name or number; a group that only another expression has is empty. */
function groupText(group: string, groups: readonly string[], names: readonly string[]): string {
  const place = names.indexOf(group)
  return groups[place === -1 ? Number(group) : place + 1] ?? ''
}

function partText(
  part: TemplatePart,
  { query, name, client }: Request,
  zone: string,
  template: Template,
  group: (group: string) => string,
): string {
  if (part.kind === 'text') return part.text
  if (part.kind === 'group') return group(part.group)
  switch (part.field) {
    case 'Name':
      return name
    case 'Zone':
      return zone
    case 'Class':
      return query.class === any ? template.class.name : className(query.class)
    case 'Type':
      return query.type === any ? template.type.name : typeName(query.type)
    case 'Remote':
      return client.address
    case 'Question.Name':
      return query.name
    case 'Question.Qtype':
      return String(query.type)
    case 'Question.Qclass':
      return String(query.class)
  }
}
