import { rcodes } from '../dns/answer.ts'
import { answerDirectly, directQuestion } from '../dns/direct-answer.ts'
import { isWithin } from '../dns/name.ts'
import type { DirectZone } from './direct.ts'
import type { DnsEnvironment } from './environment.ts'
import type { DnsServer, Peer } from './server.ts'
import type { ZoneSource } from './zone-source.ts'

/** The zones that are answered straight on one listener, all from one source, by their names. */
interface DirectListener {
  readonly source: ZoneSource
  readonly zones: ReadonlyMap<string, DirectZone & { readonly deniesAlone: boolean }>
  /** Whether answers of any zone are. */
  readonly counted: boolean
}

/** Answers plain questions straight from the table of a zone, as the plugins of a server would. */
export class DirectAnswers {
  readonly #environment: Pick<DnsEnvironment, 'now' | 'random' | 'observe'>
  /** By address and port; without an address that of every address. */
  readonly #listeners: ReadonlyMap<string, DirectListener>
  /** Of each socket, by its address: one object each, so that no text has to be made for every query. */
  readonly #ofSockets = new WeakMap<Peer['local'], DirectListener | 'none'>()

  constructor({ direct }: Pick<DnsServer, 'direct'>, environment: Pick<DnsEnvironment, 'now' | 'random' | 'observe'>) {
    this.#environment = environment
    const places = Map.groupBy(direct, ({ address = '', port }) => `${address} ${port}`)
    this.#listeners = new Map([...places].flatMap(([place, zones]) => entryOf(place, zones)))
  }

  /** Undefined when it takes more than that: ask the server. */
  answer(message: Uint8Array, peer: Peer): Uint8Array | undefined {
    const { transport, local } = peer
    const listener = this.#ofSockets.get(local) ?? this.#listenerOf(local)
    if (listener === 'none') return undefined
    const { now, random, observe } = this.#environment
    const start = listener.counted ? now() : 0
    const { view } = listener.source
    const question = directQuestion(view, message, transport)
    const zone = question && listener.zones.get(question.origin.name)
    if (question === undefined || zone === undefined) return undefined
    const answer = answerDirectly(view, message, question, transport, zone.shuffle ? random : undefined)
    if (answer === undefined) return undefined
    const rcode = (answer[3] ?? 0) & 15
    if (rcode === rcodes.NXDOMAIN && !zone.deniesAlone) return undefined
    if (!zone.counted) return answer
    observe({
      kind: 'query',
      labels: zone.labels,
      transport,
      family: peer.address.includes(':') ? 2 : 1,
      type: question.type,
      dnssecOk: question.edns?.dnssecOk ?? false,
      rcode,
      plugin: 'kubernetes',
      requestSize: message.length,
      responseSize: answer.length,
      milliseconds: now() - start,
    })
    return answer
  }

  #listenerOf(local: Peer['local']): DirectListener | 'none' {
    const { host, port } = local
    const listener = this.#listeners.get(`${host} ${port}`) ?? this.#listeners.get(` ${port}`) ?? 'none'
    this.#ofSockets.set(local, listener)
    return listener
  }
}

/** Of several sources, as with ServiceImports, and where blocks share a zone, the way goes through the plugins. */
function entryOf(place: string, zones: readonly DirectZone[]): readonly (readonly [string, DirectListener])[] {
  const [first] = zones
  if (first === undefined || zones.some(({ source, except }) => source !== first.source || except.length > 0)) return []
  const byApex = new Map(zones.map((zone) => [zone.apex, withDenials(zone)]))
  return [[place, { source: first.source, zones: byApex, counted: zones.some(({ counted }) => counted) }]]
}

/** A name that is not there may go on to another plugin. */
function withDenials(zone: DirectZone): DirectZone & { readonly deniesAlone: boolean } {
  const fallsThrough = zone.options.fallthrough.some((one) => isWithin(one, zone.apex) || isWithin(zone.apex, one))
  return { ...zone, deniesAlone: !fallsThrough }
}
