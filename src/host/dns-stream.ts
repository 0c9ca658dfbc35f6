import type { Socket } from 'node:net'
import { Deadline } from './deadline.ts'
import { frame } from './dns-frame.ts'
import type { DnsLoad } from './dns-load.ts'
import { DnsQueryReader } from './dns-query-reader.ts'
import type { AnswerDns, DnsAddress, DnsAnswer, DnsPeer } from './dns-service.ts'
import { ZoneTransfers } from './zone-transfers.ts'

/**
 * Milliseconds for the first query, for each further one, and for the client to take answers; CoreDNS' figures. Then, once the
 * server closes: for a query that is on its way, and for the client to close too.
 */
const timeouts = { first: 3000, idle: 10_000, write: 5000, last: 500, closing: 1000 }

/** Queries of one connection whose answers are promised or being transferred; the next one is read after one of them. */
const maxWaiting = 64

/** What a server gives each of its connections. */
export interface DnsStreamServer {
  readonly local: DnsAddress
  readonly answer: AnswerDns
  readonly load: DnsLoad
  /** Learns of an answer that could not be completed. */
  readonly defect: (error: unknown) => void
}

/**
 * Answers the queries of one connection, as many as the client sends: at once, or when the answer is there, out of order
 * (RFC 7766 section 6.2.1.1). While the client does not take the answers, nothing more is read from it.
 */
export class DnsStream {
  readonly #socket: Socket
  readonly #server: DnsStreamServer
  readonly #from: { readonly address: string; readonly port: number }
  readonly #queries = new DnsQueryReader()
  // One deadline for the whole step: octets that trickle in do not extend it, and a half-open connection ends.
  readonly #deadline = new Deadline(() => this.destroy())
  #transfers: ZoneTransfers | undefined
  #waiting = 0
  #asked = false
  #blocked = false
  /** The client has sent all it will. */
  #ended = false
  /** The server closes. */
  #closing = false

  constructor(socket: Socket, server: DnsStreamServer) {
    this.#socket = socket
    this.#server = server
    this.#from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.#deadline.allow(timeouts.first)
    server.load.connections.enter(this)
    socket.on('data', (chunk: Uint8Array) => {
      // Behind our FIN nothing is answered.
      if (socket.writableEnded) return
      this.#queries.add(chunk)
      this.#work()
    })
    socket.on('drain', () => this.#drained())
    socket.on('end', () => {
      this.#ended = true
      this.#work()
    })
    // A reset is the client's way to leave; 'close' follows.
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.#closed())
  }

  /** Ends the connection when what has been asked is answered. */
  finish(): void {
    this.#closing = true
    if (!this.#asked || this.#queries.length > 0) this.#deadline.allow(timeouts.last)
    this.#work()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #work(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    const asked = this.#answerPending()
    if (this.#queries.broken) {
      this.destroy()
      return
    }
    if (asked) this.#touch()
    if (this.#mayTake) {
      this.#queries.trim()
      this.#socket.resume()
      if (this.#isDone()) this.#end()
    } else this.#socket.pause()
  }

  /** Answers what has come as far as may be; returns whether there was anything. */
  #answerPending(): boolean {
    let asked = false
    this.#socket.cork()
    while (this.#mayTake) {
      const query = this.#queries.take()
      if (!query) break
      asked = true
      this.#ask(query)
    }
    this.#socket.uncork()
    return asked
  }

  #ask(query: Uint8Array): void {
    const { local, answer, load } = this.#server
    const peer: DnsPeer = { transport: 'tcp', ...this.#from, local, crowded: load.crowded }
    const answered = answer(query, peer)
    if (answered instanceof Promise) {
      const waits = load.wait(answered, (late) => {
        this.#waiting--
        this.#reply(late)
        this.#work()
      })
      if (waits) this.#waiting++
    } else this.#reply(answered)
  }

  #reply(answered: DnsAnswer): void {
    if (answered === undefined || this.#socket.destroyed) return
    if (answered instanceof Uint8Array) {
      this.#write(answered)
      return
    }
    this.#waiting++
    this.#transfers ??= new ZoneTransfers(
      (message) => this.#write(message),
      (error) => this.#transferred(error),
    )
    this.#transfers.add(answered)
  }

  #transferred(error: unknown): void {
    this.#waiting--
    if (error === undefined) this.#work()
    else {
      this.#server.defect(error)
      // The client must not take what it has for the whole zone.
      this.destroy()
    }
  }

  /** Returns false when the client should take what it has first. */
  #write(message: Uint8Array): boolean {
    const taken = this.#socket.write(frame(message))
    if (!taken && !this.#blocked) {
      this.#blocked = true
      this.#deadline.allow(timeouts.write)
    } else if (!this.#blocked) this.#deadline.allow(timeouts.idle)
    if (this.#blocked) {
      this.#server.load.connections.hold(this, this.#socket.writableLength + this.#queries.length)
    }
    return taken
  }

  #drained(): void {
    this.#blocked = false
    this.#server.load.connections.release(this)
    this.#deadline.allow(timeouts.idle)
    this.#transfers?.resume()
    this.#work()
  }

  #touch(): void {
    this.#asked = true
    this.#server.load.connections.touch(this)
    if (!this.#blocked) this.#deadline.allow(timeouts.idle)
  }

  get #mayTake(): boolean {
    return !this.#blocked && this.#waiting < maxWaiting
  }

  #isDone(): boolean {
    if (this.#waiting > 0 || this.#queries.complete) return false
    return this.#ended || (this.#closing && this.#asked && this.#queries.length === 0)
  }

  #end(): void {
    this.#socket.end()
    this.#deadline.allow(timeouts.closing)
  }

  #closed(): void {
    this.#deadline.clear()
    this.#transfers?.close()
    this.#server.load.connections.leave(this)
  }
}
