/** The value of a variable; undefined when it is not set. */
export type Environment = (name: string) => string | undefined

/**
 * Puts in what `{$NAME}` and `{%NAME%}` stand for; one that is not set is nothing. What a variable holds is not looked
 * through for others.
 */
export function replaceVariables(text: string, environment: Environment): string {
  let replaced = ''
  let at = 0
  /** What is not found once is not looked for again: it may be a long way to the end. */
  const missing = new Set<string>()
  for (const { index: open, 0: opening } of text.matchAll(/\{[$%]/g)) {
    const closing = opening === '{$' ? '}' : '%}'
    if (open < at || missing.has(closing)) continue
    const close = text.indexOf(closing, open)
    if (close === -1) missing.add(closing)
    if (close <= open + 2) continue
    replaced += text.slice(at, open) + (environment(text.slice(open + 2, close)) ?? '')
    at = close + closing.length
  }
  return replaced + text.slice(at)
}
