/** A word of a line in a zone file, escapes as they stand; in quotes it may hold blanks and be empty. */
export interface RecordWord {
  readonly text: string
  readonly quoted: boolean
}

const token = /\s+|;[^\n]*|[()]|"((?:[^"\\]|\\[^])*)"|(?:[^\s"();\\]|\\[^])+/gy

/**
 * The words of the first line that has any. Between `(` and `)` it goes over line ends, `;` begins a comment (RFC 1035
 * section 5.1). Undefined when a quote or parenthesis has no other.
 */
export function recordWords(text: string): readonly RecordWord[] | undefined {
  const words: RecordWord[] = []
  let open = 0
  let end = 0
  for (const match of text.matchAll(token)) {
    const [whole, quoted] = match
    end = match.index + whole.length
    if (whole === '(') open++
    else if (whole === ')') open--
    else if (/^\s/.test(whole)) {
      if (open === 0 && words.length > 0 && whole.includes('\n')) return words
    } else if (!whole.startsWith(';')) words.push({ text: quoted ?? whole, quoted: quoted !== undefined })
    if (open < 0) return undefined
  }
  return open === 0 && end === text.length ? words : undefined
}

/** The octets that a word stands for: `\DDD` is one by its number, `\X` is X, all else is UTF-8. */
export function wordOctets(text: string): Uint8Array {
  const parts = text.split(/(\\\d{3}|\\[^])/)
  const octets = parts.flatMap((part) => (/^\\\d{3}$/.test(part) ? [Number(part.slice(1))] : [...utf8(part)]))
  return Uint8Array.from(octets)
}

function utf8(part: string): Uint8Array {
  return new TextEncoder().encode(part.replace(/^\\/, ''))
}
