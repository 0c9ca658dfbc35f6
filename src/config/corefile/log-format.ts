import { nearestName } from '../nearest-name.ts'

/** A piece of a line of the query log. */
export type LogPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: LogField }
  /** A value that a plugin offers: `kubernetes/client-namespace`. */
  | { readonly kind: 'metadata'; readonly label: string }

const fields = [
  'type',
  'name',
  'class',
  'proto',
  'size',
  'remote',
  'port',
  'local',
  '>id',
  '>opcode',
  '>do',
  '>bufsize',
  'rcode',
  'rsize',
  'duration',
  '>rflags',
] as const

export type LogField = (typeof fields)[number]

const common =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}'

export const commonLogFormat = parseLogFormat(common)

/**
 * Reads `{remote} {name} {/kubernetes/client-namespace}`, or `{common}` and `{combined}` for the usual lines. Braces around
 * anything else are text, so that a line can be JSON; a sentence for a header field that there is not.
 */
export function parseLogFormat(format: string): readonly LogPart[] | string {
  const text = format.replaceAll('{combined}', `${common} "{>opcode}"`).replaceAll('{common}', common)
  const parts: LogPart[] = []
  let start = 0
  for (const match of text.matchAll(/\{([^{}]+)\}/g)) {
    const part = parsePlaceholder(match[1] ?? '')
    if (typeof part === 'string') return part
    if (part === undefined) continue
    if (match.index > start) parts.push({ kind: 'text', text: text.slice(start, match.index) })
    parts.push(part)
    start = match.index + match[0].length
  }
  return start < text.length ? [...parts, { kind: 'text', text: text.slice(start) }] : parts
}

function parsePlaceholder(word: string): LogPart | string | undefined {
  if (word.startsWith('/')) return { kind: 'metadata', label: word.slice(1) }
  const field = fields.find((name) => name === word)
  if (field !== undefined) return { kind: 'field', field }
  if (!word.startsWith('>')) return undefined
  const nearest = word.length > 40 ? undefined : nearestName(word, fields)
  return `there is no field {${word.slice(0, 40)}}${nearest === undefined ? '' : `; did you mean {${nearest}}?`}`
}
