/** A piece of a name that is put in place of another. */
export type RewritePart =
  | { readonly kind: 'text'; readonly text: string }
  /** What a group of the regular expression matched; group 0 is all that matched. */
  | { readonly kind: 'group'; readonly group: number }

/**
 * Reads `{1}.service.{2}.consul` as an absolute name in lower case; undefined when it cannot be part of a name.
 *
 * @param groups How many groups there are.
 */
export function parseRewriteText(text: string, groups: number): readonly RewritePart[] | undefined {
  const absolute = text.endsWith('.') ? text : `${text}.`
  const parts = absolute.toLowerCase().split(/(\{\d{1,3}\})/)
  const read = parts.filter((part) => part !== '').map((part) => parsePart(part, groups))
  return read.every((part) => part !== undefined) ? read : undefined
}

/** What a prefix, suffix or substring is compared with: like CoreDNS, with a dot at the end, in lower case. */
export function parsePartOfName(text: string): string | undefined {
  const absolute = text.endsWith('.') ? text : `${text}.`
  return isPartOfName(absolute) ? absolute.toLowerCase() : undefined
}

function isPartOfName(text: string): boolean {
  return /^[-\w.*]{1,254}$/.test(text) && !text.includes('..')
}

function parsePart(part: string, groups: number): RewritePart | undefined {
  const [, number] = /^\{(\d+)\}$/.exec(part) ?? []
  if (number !== undefined) return Number(number) <= groups ? { kind: 'group', group: Number(number) } : undefined
  return isPartOfName(part) ? { kind: 'text', text: part } : undefined
}
