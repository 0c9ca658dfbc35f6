import { FieldError } from '../model/field.ts'

/** An error about a field that nobody knows, with the known one that it may have been meant for. */
export function unknownField(path: string, name: string, known: Iterable<string>): FieldError {
  const nearest = nearestName(name, known)
  return new FieldError(path, nearest === undefined ? 'unknown field' : `unknown field; did you mean ${nearest}?`)
}

/**
 * Of the known names the one spelled most alike, whatever the case; of equals the first. Undefined when two letters or
 * more, and a third of them, would have to change. A name with dots before it (`iptables.masqueradeAll`) is one of another section,
 * and is taken when none of this section is as near.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, name.length / 3)
  for (const candidate of known) {
    const last = candidate.slice(candidate.lastIndexOf('.') + 1)
    const distance = editDistance(name.toLowerCase(), last.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** How many letters must be put in, left out or changed. Source: Levenshtein 1966. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
