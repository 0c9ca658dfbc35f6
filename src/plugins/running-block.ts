import type { ServerBlock } from '../config/corefile/corefile.ts'
import type { Bufsize } from '../config/corefile/plugins/bufsize.ts'
import { pluginsNamed, type Block, type BlockCache } from './block.ts'
import { chainOf } from './chain.ts'
import type { DnsEnvironment } from './environment.ts'
import type { Handler } from './handler.ts'
import type { Listener, Routes } from './routing.ts'
import type { ZoneSource } from './zone-source.ts'

/** A server block that is served. */
export class RunningBlock {
  readonly config: ServerBlock
  /** What its plugin kubernetes answers from. */
  readonly zones: readonly ZoneSource[]
  readonly bufsize: Bufsize | undefined
  /** Its queries are told for metrics. */
  readonly counted: boolean
  readonly forwards: boolean
  readonly caches: BlockCache[] = []
  /** Before `start` it has nothing to say. */
  handler: Handler = () => ({ kind: 'silence' })
  readonly #environment: DnsEnvironment
  readonly #closers: (() => void)[] = []

  constructor(config: ServerBlock, environment: DnsEnvironment) {
    this.config = config
    this.zones = pluginsNamed(config.plugins, 'kubernetes').flatMap(environment.zones)
    this.bufsize = pluginsNamed(config.plugins, 'bufsize')[0]
    this.counted = config.plugins.some(({ name }) => name === 'prometheus')
    this.forwards = config.plugins.some(({ name }) => name === 'forward')
    this.#environment = environment
  }

  /** Puts its handler together, which asks `ask` for what it needs to know itself. */
  start(routes: Routes<RunningBlock>, ask: Handler): void {
    const first = routes.listeners.find((listener) => this.#isServedOn(listener))
    // Without a zone or an address it is asked nothing.
    if (first === undefined) return
    const block: Block = {
      plugins: this.config.plugins,
      environment: this.#environment,
      server: first.dropped.server,
      local: { address: first.address ?? '127.0.0.1', port: first.port },
      zones: this.zones,
      externalZones: pluginsNamed(this.config.plugins, 'k8s_external').flatMap(this.#environment.zones),
      ask,
      leadsBack: (upstream, zone) => this.#listensAt(upstream, zone, routes),
      onClose: (close) => this.#closers.push(close),
      addCache: (cache) => this.caches.push(cache),
    }
    this.handler = chainOf(block)
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close()
  }

  #isServedOn({ zones }: Listener<RunningBlock>): boolean {
    return [...zones.values()].some(({ block }) => block === this)
  }

  #listensAt(upstream: Parameters<Block['leadsBack']>[0], zone: string, routes: Routes<RunningBlock>): boolean {
    const listener = routes.at(upstream)
    if (listener === undefined) return false
    // A listener on every address has only those that lead here.
    if (listener.address === undefined && !this.#environment.ownAddresses.has(upstream.address)) return false
    return listener.route(zone, 0)?.block === this
  }
}
