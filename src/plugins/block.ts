import type { Plugin, PluginName } from '../config/corefile/plugin.ts'
import type { CachedAnswers } from '../dns/cached-answers.ts'
import type { DnsEnvironment } from './environment.ts'
import type { CacheLabels } from './events.ts'
import type { Handler } from './handler.ts'
import type { Endpoint } from './request.ts'
import type { ZoneSource } from './zone-source.ts'

/** A server block, as its plugins see it while the handler of its queries is put together. */
export interface Block {
  readonly plugins: readonly Plugin[]
  readonly environment: DnsEnvironment
  /** The listener that it is served on; of several the first. */
  readonly server: string
  /** Where that is. */
  readonly local: Endpoint
  /** What its plugins kubernetes and k8s_external answer from; none without them. */
  readonly zones: readonly ZoneSource[]
  readonly externalZones: readonly ZoneSource[]
  /** Asks the whole server, at the listener that the request came to. */
  readonly ask: Handler
  /** Whether a name of this zone that an upstream server is asked for comes back to this block. */
  readonly leadsBack: (upstream: Endpoint, zone: string) => boolean
  /** Called when the server is closed. */
  readonly onClose: (close: () => void) => void
  /** Lets the sizes of a cache be seen. */
  readonly addCache: (cache: BlockCache) => void
}

export interface BlockCache {
  readonly labels: CacheLabels
  readonly answers: CachedAnswers
}

/** The plugins of one name, in their order. */
export function pluginsNamed<Name extends PluginName>(
  plugins: readonly Plugin[],
  name: Name,
): readonly Extract<Plugin, { readonly name: Name }>[] {
  return plugins.filter((plugin): plugin is Extract<Plugin, { readonly name: Name }> => plugin.name === name)
}
