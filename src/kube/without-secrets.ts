/**
 * What a program said when it failed, in one line that may be shown: a long word may be a token or a key, so none is.
 * Example: `could not refresh […]: no route to host`.
 */
export function withoutSecrets(text: string): string {
  const line = text.replaceAll(/-----BEGIN [^]*?(-----END [A-Z ]+-----|$)/g, '[…]').replaceAll(/\s+/g, ' ')
  return line
    .replaceAll(/[\w+/=.~-]{24,}/g, '[…]')
    .trim()
    .slice(0, 300)
}
