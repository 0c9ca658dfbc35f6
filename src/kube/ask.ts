import type { Resource } from './resource.ts'

/** One request of a reflector. */
export type Ask =
  /** Every object as a watch event, then the changes on the same connection. Source: KEP-3157. */
  | { readonly kind: 'stream' }
  /** The next objects of a list; without a token the first. */
  | { readonly kind: 'page'; readonly continueToken?: string }
  /** The changes since a version. */
  | { readonly kind: 'watch'; readonly resourceVersion: string }

/** Objects in a page: some 8 MB of JSON where every slice is full. */
const pageSize = 250

/** Path and query of a request; the server ends a watch after `watchSeconds`, so that watches move to other servers. */
export function askPath(resource: Resource, ask: Ask, watchSeconds: number): string {
  const query = new URLSearchParams({
    ...(resource.labelSelector !== undefined && { labelSelector: resource.labelSelector }),
    ...(resource.fieldSelector !== undefined && { fieldSelector: resource.fieldSelector }),
    ...askQuery(ask, watchSeconds),
  })
  return `${resource.path}?${query.toString()}`
}

function askQuery(ask: Ask, watchSeconds: number): Readonly<Record<string, string>> {
  const watch = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(watchSeconds) }
  switch (ask.kind) {
    case 'stream':
      return { ...watch, sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
    case 'page':
      return { limit: String(pageSize), ...(ask.continueToken !== undefined && { continue: ask.continueToken }) }
    case 'watch':
      return { ...watch, resourceVersion: ask.resourceVersion }
  }
}
