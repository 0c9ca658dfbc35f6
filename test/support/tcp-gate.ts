import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server on the loopback device, and is cut like a cable. */
export class TcpGate implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #open = true

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (this.#open) this.#join(client, connect(port, '127.0.0.1'))
      else client.destroy()
    })
  }

  static async to(port: number): Promise<TcpGate> {
    const gate = new TcpGate(port)
    gate.#server.listen(0, '127.0.0.1')
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

  open(): void {
    this.#open = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, server: Socket): void {
    client.pipe(server).pipe(client)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      // The other side learns of it by its own end.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
  }
}
