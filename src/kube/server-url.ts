/** What is expected of {@link parseServerUrl}'s text, in words. */
export const serverUrlShape =
  'http:// or https://, a host and at most a port and a path, such as https://192.0.2.1:6443'

/** The address of an API server; undefined when the text is none. */
export function parseServerUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
  // Who to be is said elsewhere, and what stands here is shown in messages.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}
