import type { Pattern } from '../pattern.ts'
import { parsePartOfName } from '../rewrite-text.ts'
import type { Value } from '../value.ts'
import type { Words } from '../words.ts'
import { parseZone } from '../zone.ts'

/** Which names a rule is for. Text is in lower case and ends in a dot, as the names do that it is compared with. */
export type NameMatch =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'substring'; readonly text: string }
  | { readonly kind: 'regex'; readonly pattern: Pattern }

const kinds = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const

const exactName: Value<string> = { expected: 'a name', parse: parseZone }
const partOfName: Value<string> = { expected: 'part of a name', parse: parsePartOfName }

/**
 * `[exact|prefix|suffix|substring|regex] NAME`. The kind is there when more words follow than the name and `behind` others.
 */
export function readNameMatch(words: Words, behind: number): NameMatch | undefined {
  const kind = words.left > behind + 1 ? readKind(words) : 'exact'
  if (kind === undefined) return undefined
  if (kind === 'regex') {
    const pattern = words.readPattern()
    return pattern && { kind, pattern }
  }
  const text = words.read(kind === 'exact' ? exactName : partOfName)
  return text === undefined ? undefined : { kind, text }
}

function readKind(words: Words): (typeof kinds)[number] | undefined {
  return words.read({
    expected: `one of ${kinds.join(', ')}`,
    parse: (text) => kinds.find((kind) => kind === text.toLowerCase()),
  })
}
