/** What stands in the header Authorization for a token; undefined for what cannot be one. A line break would begin another header. */
export function bearer(text: string): string | undefined {
  const token = text.trim()
  return /^[\x21-\x7e]+$/.test(token) ? `Bearer ${token}` : undefined
}
