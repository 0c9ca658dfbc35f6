import type { Corefile, ServerBlock } from '../config/corefile/corefile.ts'
import type { BindTarget } from '../config/corefile/plugins/bind.ts'
import { parentName } from '../dns/name.ts'
import { recordTypes } from '../dns/record-type.ts'
import { joinHostPort, type Address } from '../net/address.ts'
import { pluginsNamed } from './block.ts'
import type { DnsEnvironment } from './environment.ts'
import type { ServedLabels } from './events.ts'
import type { Endpoint } from './request.ts'

/** A zone on a listener: what answers for it, and what it is called in metrics. */
export interface Served<Answering> {
  readonly labels: ServedLabels
  readonly block: Answering
}

/** Where queries are taken: one address and port, or a port of every address. */
export class Listener<Answering> {
  /** Absent: every address of `ownAddresses`. */
  readonly address: Address | undefined
  readonly port: number
  /** Of queries that reach no block. */
  readonly dropped: ServedLabels
  readonly #zones = new Map<string, Served<Answering>>()
  #longest = 0

  constructor(address: Address | undefined, port: number) {
    this.address = address
    this.port = port
    const server = `dns://${address === undefined ? `:${port}` : joinHostPort(address, port)}`
    this.dropped = { server, zone: 'dropped', view: '' }
  }

  /** What is served here, by zone. */
  get zones(): ReadonlyMap<string, Served<Answering>> {
    return this.#zones
  }

  add(zone: string, block: Answering): void {
    this.#zones.set(zone, { labels: { ...this.dropped, zone }, block })
    this.#longest = Math.max(this.#longest, zone.length)
  }

  /**
   * What answers for a name in lower case: the most specific zone. DS belongs to the parent's side of a zone cut (RFC 4035
   * section 3.1.4.1), so at the apex of a zone it is the parent's, if that is served here; the root does not count, since
   * what stands there asks the world, and the world knows nothing of our zones.
   */
  route(name: string, type: number): Served<Answering> | undefined {
    const served = this.#mostSpecific(name)
    if (type !== recordTypes.DS || served?.labels.zone !== name || name === '.') return served
    const parent = this.#mostSpecific(parentName(name))
    return parent === undefined || parent.labels.zone === '.' ? served : parent
  }

  #mostSpecific(name: string): Served<Answering> | undefined {
    for (let at = name; ; at = parentName(at)) {
      const served = at.length <= this.#longest ? this.#zones.get(at) : undefined
      if (served !== undefined || at === '.') return served
    }
  }
}

/** The listeners of a Corefile. */
export class Routes<Answering> {
  readonly listeners: readonly Listener<Answering>[]
  readonly #byPort: ReadonlyMap<number, ReadonlyMap<Address | undefined, Listener<Answering>>>

  constructor(listeners: readonly Listener<Answering>[]) {
    this.listeners = listeners
    const byPort = Map.groupBy(listeners, ({ port }) => port)
    this.#byPort = new Map(
      [...byPort].map(([port, at]) => [port, new Map(at.map((listener) => [listener.address, listener]))]),
    )
  }

  /** The listener that has this address alone, else the one that has every address: that is how the kernel delivers. */
  at({ address, port }: Endpoint): Listener<Answering> | undefined {
    const listeners = this.#byPort.get(port)
    return listeners?.get(address) ?? listeners?.get(undefined)
  }
}

/**
 * The listeners of a Corefile, with what answers there for each block. Throws a sentence when a block is to listen on an
 * interface that has no address.
 */
export function routesOf<Answering>(
  { blocks }: Corefile,
  answering: (block: ServerBlock) => Answering,
  environment: Pick<DnsEnvironment, 'interfaceAddresses'>,
): Routes<Answering> {
  const listeners = new Map<string, Listener<Answering>>()
  for (const block of blocks) {
    const answers = answering(block)
    for (const address of addressesOf(block, environment)) {
      for (const { zone, port } of block.zones) {
        const key = `${address} ${port}`
        const listener = listeners.get(key) ?? new Listener<Answering>(address, port)
        listeners.set(key, listener)
        listener.add(zone, answers)
      }
    }
  }
  return new Routes([...listeners.values()])
}

/** Where a block listens; undefined for every address. */
function addressesOf(
  { plugins }: ServerBlock,
  { interfaceAddresses }: Pick<DnsEnvironment, 'interfaceAddresses'>,
): ReadonlySet<Address | undefined> {
  const binds = pluginsNamed(plugins, 'bind')
  if (binds.length === 0) return new Set([undefined])
  const addresses = (target: BindTarget): readonly Address[] =>
    target.kind === 'address' ? [target.address] : interfaceAddresses(target.name)
  return new Set(
    binds.flatMap(({ listen, except }) => {
      const left = new Set(except.flatMap(addresses))
      return listen.flatMap((target) => bound(target, addresses(target))).filter((address) => !left.has(address))
    }),
  )
}

function bound(target: BindTarget, addresses: readonly Address[]): readonly Address[] {
  if (target.kind === 'address' || addresses.length > 0) return addresses
  throw new Error(`Cannot listen on the interface "${target.name}": it has no address, or there is no such interface`)
}
