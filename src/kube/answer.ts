import { Field } from '../model/field.ts'
import type { Ask } from './ask.ts'
import type { Ending } from './watch-state.ts'

/** Bookmarks with this annotation end a streamed list. Source: KEP-3157. */
export function endsList(bookmark: Field): boolean {
  return bookmark.get('metadata').get('annotations').get('k8s.io/initial-events-end').value === 'true'
}

export function versionOf(object: Field): string {
  const field = object.get('metadata').get('resourceVersion')
  const version = field.text() ?? ''
  if (version === '') throw field.error('a version')
  return version
}

/** What servers say that have no streamed lists: some in the status, some in an event of a stream that began. */
const unsupportedCodes: ReadonlySet<number> = new Set([400, 405, 422, 500, 501])

/** How a request ended that the server refused with a Status, or that an ERROR event ended. */
export function refusal(
  ask: Ask,
  {
    code,
    message,
    retryAfterSeconds,
  }: { readonly code: number; readonly message: string; readonly retryAfterSeconds?: number | undefined },
): Ending {
  if (code === 410) return { kind: 'expired' }
  if (ask.kind === 'stream' && unsupportedCodes.has(code)) return { kind: 'unsupported' }
  return {
    kind: 'failed',
    message: `the API server said ${code}: ${message.trim().slice(0, 300)}`,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

/** Of a refusal: the message of a Status, or the text of whatever stands between. */
export function statusMessage(text: string): string {
  try {
    return new Field(JSON.parse(text)).get('message').text() ?? ''
  } catch {
    return text
  }
}
