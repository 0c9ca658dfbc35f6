import type { ServerBlock } from '../config/corefile/corefile.ts'
import type { Plugin } from '../config/corefile/plugin.ts'
import type { Kubernetes } from '../config/corefile/plugins/kubernetes.ts'
import { isWithin } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { pluginsNamed } from './block.ts'
import type { ServedLabels } from './events.ts'
import type { Listener } from './routing.ts'
import type { RunningBlock } from './running-block.ts'
import type { ZoneSource } from './zone-source.ts'

/**
 * A zone of a plugin kubernetes, on a listener, whose plain questions may be answered from the zone without the plugins
 * in front: none of them would change, log or refuse them. Plain is what `directQuestion` takes.
 */
export interface DirectZone {
  /** The listener; without an address it is that of every address. */
  readonly address?: Address
  readonly port: number
  /** Names at or below it, but not at or below one of `except`, which other blocks answer for. */
  readonly apex: string
  readonly except: readonly string[]
  readonly source: ZoneSource
  readonly options: Kubernetes
  /** Addresses are to be shuffled: the block has the plugin loadbalance. */
  readonly shuffle: boolean
  /** Of the event that each answer is told by, if `counted`. */
  readonly labels: ServedLabels
  readonly counted: boolean
}

/** Plugins that do nothing to a plain question, and nothing to its answer but shuffle it. */
const harmless: ReadonlySet<Plugin['name']> = new Set([
  'reload',
  'bind',
  'ready',
  'health',
  'prometheus',
  'errors',
  'any',
  'loadbalance',
  'cache',
  'transfer',
])

export function directZones(listeners: readonly Listener<RunningBlock>[]): readonly DirectZone[] {
  return listeners.flatMap((listener) =>
    [...listener.zones.values()].flatMap((served) => {
      const { config, zones, counted } = served.block
      const options = directOptions(config)
      if (options === undefined) return []
      const apexes = options.zones.filter((apex) => listener.route(apex, 0) === served)
      return apexes.flatMap((apex) =>
        zones
          .filter(({ view }) => view.originOf(apex))
          .map((source) => ({
            ...(listener.address !== undefined && { address: listener.address }),
            port: listener.port,
            apex,
            except: [...listener.zones.keys()].filter((other) => other !== apex && isWithin(other, apex)),
            source,
            options,
            shuffle: config.plugins.some(({ name }) => name === 'loadbalance'),
            labels: served.labels,
            counted,
          })),
      )
    }),
  )
}

/** The plugin kubernetes of a block, if nothing stands in its way. */
function directOptions({ plugins }: ServerBlock): Kubernetes | undefined {
  const place = plugins.findIndex(({ name }) => name === 'kubernetes')
  const inFront = plugins.slice(0, Math.max(place, 0))
  const [balance] = pluginsNamed(plugins, 'loadbalance')
  if (!inFront.every(({ name }) => harmless.has(name)) || (balance?.prefer.length ?? 0) > 0) return undefined
  return pluginsNamed(plugins, 'kubernetes')[0]
}
