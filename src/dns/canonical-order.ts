/** Names in the canonical order of RFC 4034 section 6.1, which keeps what belongs to one service together. */
export function inCanonicalOrder(names: Iterable<string>): readonly string[] {
  return [...names]
    .map((name) => ({ name, key: canonicalKey(name) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ name }) => name)
}

/** Labels from the root down, so that the order of texts is the canonical order of names. */
function canonicalKey(name: string): string {
  return name.split('.').reverse().join('\0')
}
