import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { joinSockets } from './joined-sockets.ts'

/** How many pieces a second a slow gate lets through. */
const piecesPerSecond = 20

/** Stands between a client and a server on the loopback device, and is cut like a cable. */
export class TcpGate implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #open = true
  /** What the server may still say; undefined: all it likes. */
  #bytesLeft: number | undefined
  #bytesPerSecond: number | undefined

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (this.#open) this.#join(client, connect(port, '127.0.0.1'))
      else client.destroy()
    })
  }

  /** `path` is a Unix socket for it to listen at, in place of a free port. */
  static async to(port: number, path?: string): Promise<TcpGate> {
    const gate = new TcpGate(port)
    gate.#server.listen(path === undefined ? { host: '127.0.0.1', port: 0 } : { path })
    await once(gate.#server, 'listening')
    return gate
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  /** Ends every connection, and each that comes. */
  cut(): void {
    this.#open = false
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Cuts once the server has said so many bytes more, all its connections together: in the middle of a sentence. */
  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes
  }

  /** From now on the server's bytes trickle; undefined: no more. */
  slow(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  get isOpen(): boolean {
    return this.#open
  }

  open(): void {
    this.#open = true
    this.#bytesLeft = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    joinSockets(
      client,
      server,
      Duplex.from((chunks: AsyncIterable<Buffer>) => this.#pass(chunks)),
    )
  }

  async *#pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (this.#bytesLeft === undefined) {
        yield* this.#trickle(chunk)
        continue
      }
      yield chunk.subarray(0, this.#bytesLeft)
      this.#bytesLeft -= Math.min(chunk.length, this.#bytesLeft)
      if (this.#bytesLeft === 0) this.cut()
    }
  }

  async *#trickle(chunk: Buffer): AsyncGenerator<Buffer> {
    for (let start = 0; start < chunk.length;) {
      const rate = this.#bytesPerSecond
      const piece = rate === undefined ? chunk.length : Math.ceil(rate / piecesPerSecond)
      if (rate !== undefined) await delay(1000 / piecesPerSecond)
      yield chunk.subarray(start, start + piece)
      start += piece
    }
  }
}
