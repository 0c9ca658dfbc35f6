import type { Corefile } from '../config/corefile/corefile.ts'
import { bareHeader, rcodeAnswer, rcodes } from '../dns/answer.ts'
import { readQuery, type Query } from '../dns/query.ts'
import { familyOf } from '../net/address.ts'
import type { BlockCache } from './block.ts'
import { limitSize } from './bufsize.ts'
import { directZones, type DirectZone } from './direct.ts'
import type { DnsEnvironment } from './environment.ts'
import type { QueryEvent, ServedLabels } from './events.ts'
import { rcodeOf, writeReply, type Reply } from './reply.ts'
import { requestOf, type Endpoint, type Request } from './request.ts'
import { routesOf, type Routes, type Served } from './routing.ts'
import { RunningBlock } from './running-block.ts'

/** Who sent a message, and where it came to. Addresses are canonical text. */
export interface Peer extends Endpoint {
  readonly transport: 'udp' | 'tcp'
  readonly local: { readonly host: string; readonly port: number }
  /** So many queries wait already that a promise would not be waited for. */
  readonly crowded?: boolean
}

/** What goes back: one message, those of a zone transfer, or nothing. */
export type Answer = Uint8Array | Iterable<Uint8Array> | undefined

/** A query under way, and how it is counted. */
interface Asked {
  readonly request: Request
  readonly labels: ServedLabels
  readonly counted: boolean
  readonly start: number
}

const refused: Reply = { kind: 'rcode', rcode: rcodes.REFUSED }
const internet = 1

/** Serves what a Corefile says. */
export class DnsServer {
  /** What may be answered without asking here, from a zone alone. */
  readonly direct: readonly DirectZone[]
  readonly #environment: DnsEnvironment
  readonly #routes: Routes<RunningBlock>
  readonly #blocks: readonly RunningBlock[]

  /** Throws a sentence when it cannot be served, such as a block that forwards to itself. */
  constructor(corefile: Corefile, environment: DnsEnvironment) {
    this.#environment = environment
    const blocks: RunningBlock[] = []
    this.#routes = routesOf(
      corefile,
      (config) => {
        const block = new RunningBlock(config, environment)
        blocks.push(block)
        return block
      },
      environment,
    )
    this.#blocks = blocks
    try {
      for (const block of blocks) block.start(this.#routes, (request) => this.#ask(request))
    } catch (error) {
      this.close()
      throw error
    }
    this.direct = directZones(this.#routes.listeners)
  }

  /** Where to listen, over UDP and TCP; without an address on each address of this machine. */
  get listeners(): readonly { readonly address: string | undefined; readonly port: number }[] {
    return this.#routes.listeners
  }

  /** The caches of all blocks, for their sizes. */
  get caches(): readonly BlockCache[] {
    return this.#blocks.flatMap(({ caches }) => caches)
  }

  /** What is served, with the names of the plugins, for metrics. */
  get served(): readonly { readonly labels: ServedLabels; readonly plugins: readonly string[] }[] {
    return this.#routes.listeners.flatMap(({ zones }) =>
      [...zones.values()].map(({ labels, block }) => ({
        labels,
        plugins: [...new Set(block.config.plugins.map(({ name }) => name))],
      })),
    )
  }

  /** The answer to a message, whatever its octets are; at once where it is there. Neither throws nor rejects. */
  answer(message: Uint8Array, peer: Peer): Answer | Promise<Answer> {
    const incoming = readQuery(message, peer.transport)
    switch (incoming.kind) {
      case 'drop':
        return undefined
      case 'refuse':
        return bareHeader(message, rcodes[incoming.rcode])
      case 'query':
        return this.#answerQuery(message, incoming, peer)
    }
  }

  /** Ends what goes on by itself: health checks, probes. Queries under way end by themselves. */
  close(): void {
    for (const block of this.#blocks) block.close()
  }

  #answerQuery(message: Uint8Array, query: Query, peer: Peer): Answer | Promise<Answer> {
    const { transport, local, crowded = false } = peer
    // BADVERS is 16: its upper bits go into the OPT record, and none remain for the header.
    if (query.edns !== undefined && query.edns.version !== 0) return rcodeAnswer(message, query, transport, 0)
    const start = this.#environment.now()
    const to = { address: local.host, port: local.port }
    const request = requestOf(message, query, { transport, client: peer, local: to, crowded })
    const served = this.#route(request)
    if (served === undefined) {
      const labels = this.#routes.at(to)?.dropped ?? { server: '', zone: 'dropped', view: '' }
      return this.#finish({ request, labels, counted: true, start }, refused)
    }
    const { bufsize, counted } = served.block
    const limited = bufsize === undefined ? request : limitSize(bufsize, request)
    return this.#run({ request: limited, labels: served.labels, counted, start }, served)
  }

  #run(asked: Asked, { block }: Served<RunningBlock>): Answer | Promise<Answer> {
    try {
      const reply = block.handler(asked.request)
      if (!(reply instanceof Promise)) return this.#finish(asked, reply)
      return reply.then((later) => this.#finish(asked, later)).catch((error: unknown) => this.#fail(asked, error))
    } catch (error) {
      return this.#fail(asked, error)
    }
  }

  /** Another class than IN is for servers that may know it; the plugin kubernetes does not look at it then. */
  #route(request: Request): Served<RunningBlock> | undefined {
    const { name, query } = request
    const listener = this.#routes.at(request.local)
    const known = query.class === internet || [...(listener?.zones.values() ?? [])].some(({ block }) => block.forwards)
    return known ? listener?.route(name, query.type) : undefined
  }

  /** Asks the server itself, where the request came to. */
  #ask(request: Request): Reply | Promise<Reply> {
    return this.#route(request)?.block.handler(request) ?? refused
  }

  #finish(asked: Asked, reply: Reply): Answer {
    const answer = writeReply(asked.request, reply)
    this.#tell(asked, answer, rcodeOf(reply), 'by' in reply ? reply.by : '')
    return answer
  }

  /** A defect of ours costs this answer, and no other. */
  #fail(asked: Asked, error: unknown): Answer {
    const { message, query, transport } = asked.request
    this.#environment.observe({ kind: 'panic', error })
    const answer = rcodeAnswer(message, query, transport, rcodes.SERVFAIL)
    this.#tell(asked, answer, rcodes.SERVFAIL, '')
    return answer
  }

  #tell({ request, labels, counted, start }: Asked, answer: Answer, rcode: number | undefined, plugin: string): void {
    if (!counted) return
    const { message, query, transport, client } = request
    const event: QueryEvent = {
      kind: 'query',
      labels,
      transport,
      family: familyOf(client.address) === 'IPv4' ? 1 : 2,
      type: query.type,
      dnssecOk: query.edns?.dnssecOk ?? false,
      ...(rcode !== undefined && { rcode }),
      plugin,
      requestSize: message.length,
      responseSize: answer instanceof Uint8Array ? answer.length : 0,
      milliseconds: this.#environment.now() - start,
    }
    this.#environment.observe(event)
  }
}
