import type { Loop } from '../config/corefile/plugins/loop.ts'
import { rcodes } from '../dns/answer.ts'
import { nameBytes } from '../dns/name.ts'
import { setUint16 } from '../dns/octets.ts'
import { headerLength, readQuery } from '../dns/query.ts'
import { recordTypes } from '../dns/record-type.ts'
import type { Block } from './block.ts'
import type { DnsEnvironment } from './environment.ts'
import type { Handler } from './handler.ts'
import type { Reply } from './reply.ts'
import { requestOf, type Request } from './request.ts'

/** Milliseconds: until the listeners are there, between tries while no upstream answers, and while there is a loop. */
const times = { first: 1000, again: 1000, looping: 10_000 }

/** How often it is tried when no upstream answers; CoreDNS gives it half a minute. */
const maxTries = 30

/** A loop is when so many probes one after the other come back to us. */
const sightingsOfLoop = 3

/**
 * Finds out whether what is forwarded comes back, as it does when a resolv.conf names this server: then whoever asks
 * would wait for an answer that nobody gives. CoreDNS ends itself; here the upstream servers are not asked, and clients
 * get SERVFAIL, until a probe no longer comes back.
 */
export function loopPlugin([options]: readonly Loop[], next: Handler, block: Block): Handler {
  if (options === undefined || !block.plugins.some(({ name }) => name === 'forward')) return next
  const detector = new LoopDetector(options.zone, next, block)
  block.onClose(() => detector.close())
  return (request) => detector.handle(request)
}

class LoopDetector {
  readonly #zone: string
  readonly #next: Handler
  readonly #environment: DnsEnvironment
  readonly #local: Request['local']
  /** The name that is being asked for, which nobody else can know. */
  #probe: string | undefined
  #seen = false
  #looping = false
  #closed = false
  #cancel: () => void

  constructor(zone: string, next: Handler, { environment, local }: Block) {
    this.#zone = zone
    this.#next = next
    this.#environment = environment
    this.#local = local
    this.#cancel = environment.after(times.first, () => void this.#look(1))
  }

  handle(request: Request): Reply | Promise<Reply> {
    if (request.name === this.#probe) {
      this.#seen = true
      return { kind: 'rcode', rcode: rcodes.SERVFAIL }
    }
    if (!this.#looping) return this.#next(request)
    const reason = `what is forwarded for the zone "${this.#zone}" comes back to this server`
    return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason }
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  async #look(tries: number): Promise<void> {
    const outcome = await this.#outcome()
    if (this.#closed) return
    if (outcome === 'loop') this.#say('Loop detected', 'its queries are answered with SERVFAIL until that ends')
    else if (this.#looping && outcome === 'answer') this.#say('Loop ended', 'its queries are forwarded again')
    if (outcome !== 'silence') this.#looping = outcome === 'loop'
    if (this.#looping) this.#cancel = this.#environment.after(times.looping, () => void this.#look(1))
    else if (outcome === 'silence' && tries < maxTries)
      this.#cancel = this.#environment.after(times.again, () => void this.#look(tries + 1))
  }

  /** Says it once. */
  #say(what: 'Loop detected' | 'Loop ended', then: string): void {
    if (this.#looping === (what === 'Loop detected')) return
    const level = this.#looping ? 'INFO' : 'ERROR'
    this.#environment.write(
      `[${level}] plugin/loop: ${what} for zone "${this.#zone}": what this server forwards ` +
        `${this.#looping ? 'no longer comes' : 'comes'} back to it; ${then}`,
    )
  }

  /** `silence`: no upstream answers, so nothing is known. */
  async #outcome(): Promise<'loop' | 'answer' | 'silence'> {
    for (let sightings = 0; sightings < sightingsOfLoop; sightings++) {
      const reply = await this.#ask()
      if (!this.#seen) return reply.kind === 'rcode' ? 'silence' : 'answer'
    }
    return 'loop'
  }

  async #ask(): Promise<Reply> {
    const { random, observe } = this.#environment
    const label = (): string => String(random(2 ** 47))
    this.#probe = `${label()}.${label()}.${this.#zone === '.' ? '' : this.#zone}`
    this.#seen = false
    try {
      return await this.#next(probeRequest(this.#probe, this.#local))
    } catch (error) {
      observe({ kind: 'panic', error })
      return { kind: 'rcode', rcode: rcodes.SERVFAIL }
    } finally {
      this.#probe = undefined
    }
  }
}

/** HINFO, which nobody else asks for. */
function probeRequest(name: string, local: Request['local']): Request {
  const bytes = nameBytes(name) ?? new Uint8Array(1)
  const message = new Uint8Array(headerLength + bytes.length + 4)
  message[2] = 0x01
  message[5] = 1
  message.set(bytes, headerLength)
  setUint16(message, message.length - 4, recordTypes.HINFO)
  setUint16(message, message.length - 2, 1)
  const query = readQuery(message, 'udp')
  if (query.kind !== 'query') throw new Error(`Cannot ask for "${name}": it is no query`)
  return requestOf(message, query, { transport: 'udp', client: { address: '127.0.0.1', port: 0 }, local })
}
