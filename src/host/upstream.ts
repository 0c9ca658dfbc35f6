import { randomInt } from 'node:crypto'
import { joinHostPort } from '../net/address.ts'
import { errorText } from './error-text.ts'
import { readPortRange } from './random-port.ts'
import { StreamPool, type StreamPoolOptions } from './stream-pool.ts'
import { exchangeDatagram } from './upstream-datagram.ts'
import { Dialler, type UpstreamServer } from './upstream-dial.ts'
import { StreamClosedError, UpstreamStream } from './upstream-stream.ts'

/** How one query is asked. */
export interface UpstreamAttempt {
  /** A server of DNS over TLS is asked over TLS whatever it says. */
  readonly transport: 'udp' | 'tcp'
  /** How long to wait for the reply once the query is sent. */
  readonly readMs: number
  /** How long the whole may take, connecting included. */
  readonly totalMs: number
  /** Whether a message with the right identifier answers the query. Called for every such message, forged ones too. */
  readonly accepts: (reply: Uint8Array) => boolean
}

const usualPool: StreamPoolOptions = { expireMs: 10_000, maxIdle: 64 }

/**
 * A DNS server that others' queries are passed on to. Each exchange over UDP has a socket, a port and an identifier of its
 * own; connections are used again. It opens one socket an exchange, so whoever asks bounds those.
 */
export class Upstream {
  /** `192.0.2.8:53`, `tls://192.0.2.9:853` */
  readonly name: string
  /** Exchanges over connections that were there, and that had to be made. */
  readonly connections = { reused: 0, made: 0 }
  readonly #server: UpstreamServer
  readonly #dialler: Dialler
  readonly #pool: StreamPool
  readonly #ports = readPortRange()

  /** Throws a sentence when the TLS settings are none. */
  constructor(server: UpstreamServer, pool: StreamPoolOptions = usualPool) {
    this.#server = server
    this.name = `${server.tls ? 'tls://' : ''}${joinHostPort(server.host, server.port)}`
    try {
      this.#dialler = new Dialler(server)
    } catch (error) {
      throw new SyntaxError(`Cannot use the TLS settings of the upstream ${this.name}: ${errorText(error)}`, {
        cause: error,
      })
    }
    this.#pool = new StreamPool(pool)
  }

  /**
   * Asks a query under a random identifier and resolves with the first reply that has it and is accepted; rejects with a
   * sentence when none comes in time.
   */
  async exchange(query: Uint8Array, attempt: UpstreamAttempt): Promise<Uint8Array> {
    const id = randomInt(0x10000)
    const message = Uint8Array.from(query)
    message[0] = id >> 8
    message[1] = id
    const accepts = (reply: Uint8Array): boolean =>
      reply.length >= 12 && reply[0] === message[0] && reply[1] === message[1] && attempt.accepts(reply)
    const overUdp = attempt.transport === 'udp' && !this.#server.tls
    try {
      return overUdp
        ? await exchangeDatagram({
            server: this.#server,
            ports: this.#ports,
            query: message,
            timeoutMs: Math.min(attempt.readMs, attempt.totalMs),
            accepts,
          })
        : await this.#exchangeStream(message, { ...attempt, accepts })
    } catch (error) {
      const over = this.#server.tls ? 'TLS' : attempt.transport.toUpperCase()
      throw new Error(`No answer from ${this.name} over ${over}: ${errorText(error)}`, { cause: error })
    }
  }

  /** Closes what is idle; exchanges under way end by themselves. */
  close(): void {
    this.#pool.close()
  }

  async #exchangeStream(query: Uint8Array, attempt: UpstreamAttempt): Promise<Uint8Array> {
    const deadline = performance.now() + attempt.totalMs
    const pooled = this.#pool.take()
    if (pooled) {
      this.connections.reused++
      try {
        return await this.#ask(pooled, query, attempt, deadline)
      } catch (error) {
        // The server was free to close it while it was idle, and we may see that only now.
        if (!(error instanceof StreamClosedError)) throw error
      }
    }
    this.connections.made++
    const stream = new UpstreamStream(await this.#dialler.dial(deadline - performance.now()))
    return await this.#ask(stream, query, attempt, deadline)
  }

  async #ask(
    stream: UpstreamStream,
    query: Uint8Array,
    attempt: UpstreamAttempt,
    deadline: number,
  ): Promise<Uint8Array> {
    const timeoutMs = Math.max(0, Math.min(attempt.readMs, deadline - performance.now()))
    const reply = await stream.exchange(query, timeoutMs, attempt.accepts)
    this.#pool.keep(stream)
    return reply
  }
}
