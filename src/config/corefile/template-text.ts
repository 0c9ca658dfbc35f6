/** A piece of a record that is made when the question is known. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: TemplateField }
  /** What a group of the regular expression matched, by its name or its number as text; group 0 is all that matched. */
  | { readonly kind: 'group'; readonly group: string }

const fields = [
  /** The name that was asked for, in lower case. */
  'Name',
  /** The zone of the template that holds it. */
  'Zone',
  'Class',
  'Type',
  /** The address of the client. */
  'Remote',
  'Question.Name',
  'Question.Qtype',
  'Question.Qclass',
] as const

type TemplateField = (typeof fields)[number]

/**
 * Reads `{{ .Name }} 60 IN A 10.0.0.{{ .Group.last }}`; a sentence for what is no template, or uses more of Go's templates
 * than we read. Source: Go, package text/template.
 */
export function parseTemplate(text: string): readonly TemplatePart[] | string {
  const parts: TemplatePart[] = []
  let rest = text
  for (;;) {
    const open = rest.indexOf('{{')
    if (open === -1) return rest === '' ? parts : [...parts, { kind: 'text', text: rest }]
    const close = rest.indexOf('}}', open)
    if (close === -1) return 'a {{ is never closed'
    const trims = { before: /^\{\{-\s/.test(rest.slice(open)), after: /\s-$/.test(rest.slice(open, close)) }
    const before = trims.before ? rest.slice(0, open).trimEnd() : rest.slice(0, open)
    if (before !== '') parts.push({ kind: 'text', text: before })
    const action = rest.slice(open + (trims.before ? 3 : 2), close - (trims.after ? 1 : 0)).trim()
    // A comment leaves nothing.
    const part = /^\/\*.*\*\/$/s.test(action) ? [] : parseAction(action)
    if (typeof part === 'string') return part
    parts.push(...part)
    rest = trims.after ? rest.slice(close + 2).trimStart() : rest.slice(close + 2)
  }
}

function parseAction(action: string): readonly TemplatePart[] | string {
  const [, path] = /^\.([\w.]+)$/.exec(action) ?? []
  const field = fields.find((candidate) => candidate === path)
  if (field !== undefined) return [{ kind: 'field', field }]
  const [, name] = /^\.Group\.([A-Za-z_]\w*)$/.exec(action) ?? []
  const [, key] = /^index\s+\.Group\s+"(\w+)"$/.exec(action) ?? []
  const [, index] = /^index\s+\.Match\s+(\d{1,3})$/.exec(action) ?? []
  const group = name ?? key ?? index
  if (group !== undefined) return [{ kind: 'group', group }]
  const known = fields.map((candidate) => `.${candidate}`).join(', ')
  return `of Go's templates only ${known}, .Group.NAME, index .Group "NAME" and index .Match NUMBER are supported`
}
