import type { Pattern } from '../config/corefile/pattern.ts'
import type { NameMatch } from '../config/corefile/plugins/name-match.ts'
import type { RewritePart } from '../config/corefile/rewrite-text.ts'

/** The longest name without escapes. A pattern is safe for as many characters and no more. */
const maxMatched = 256

/** What the groups of a pattern match in a text, group 0 all that matches; undefined when it does not match. */
export function matcher({ source }: Pattern): (text: string) => readonly string[] | undefined {
  const expression = new RegExp(source, 'u')
  return (text) => {
    const match = text.length > maxMatched ? null : expression.exec(text)
    // A group that matches nothing is undefined in JavaScript and empty in RE2.
    return match ? Array.from(match, (group: string | undefined) => group ?? '') : undefined
  }
}

/** Whether a name in lower case is one of these. */
export function nameTest(match: NameMatch): (name: string) => boolean {
  switch (match.kind) {
    case 'exact':
      return (name) => name === match.text
    case 'prefix':
      return (name) => name.startsWith(match.text)
    case 'suffix':
      return (name) => name.endsWith(match.text)
    case 'substring':
      return (name) => name.includes(match.text)
    case 'regex': {
      const groups = matcher(match.pattern)
      return (name) => groups(name) !== undefined
    }
  }
}

/** Another name for each that matches, undefined for others: the part that matched is put in place, with regex the whole. */
export function nameChange(match: NameMatch, to: readonly RewritePart[]): (name: string) => string | undefined {
  if (match.kind === 'regex') return patternChange(match.pattern, to)
  const fits = nameTest(match)
  const { kind, text } = match
  const replacement = fill(to, [text])
  return (name) => {
    if (!fits(name)) return undefined
    switch (kind) {
      case 'exact':
        return replacement
      case 'prefix':
        return replacement + name.slice(text.length)
      case 'suffix':
        return name.slice(0, -text.length) + replacement
      case 'substring':
        return name.replaceAll(text, () => replacement)
    }
  }
}

/** The text made of the groups of a pattern; undefined for what does not match. */
export function patternChange(pattern: Pattern, to: readonly RewritePart[]): (text: string) => string | undefined {
  const match = matcher(pattern)
  return (text) => {
    const groups = match(text)
    return groups && fill(to, groups)
  }
}

function fill(parts: readonly RewritePart[], groups: readonly string[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : (groups[part.group] ?? ''))).join('')
}
