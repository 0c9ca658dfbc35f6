import type { ZoneView } from '../dns/zone-view.ts'

/** A zone that answers come from, as of now. One answer should come from one look at it. */
export interface ZoneSource {
  readonly view: ZoneView
}

/** The zone that a name lies in; undefined when none holds it. The name is in lower case. */
export function viewOf(sources: readonly ZoneSource[], name: string): ZoneView | undefined {
  for (const { view } of sources) if (view.originOf(name)) return view
  return undefined
}
