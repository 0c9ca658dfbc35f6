import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { pipeline } from 'node:stream'

/** Hands on what comes to a free port of `host` to a port of the loopback device. */
export class Relay implements Disposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server) {
    const address = server.address()
    this.port = typeof address === 'object' ? (address?.port ?? 0) : 0
    this.#server = server
  }

  static async start(host: string, port: number): Promise<Relay> {
    const server = createServer((client) => {
      // Either end may break off; then so does the other.
      pipeline(client, connect(port, '127.0.0.1'), client, () => undefined)
    })
    await once(server.listen(0, host), 'listening')
    return new Relay(server)
  }

  /** Takes no more; what is open ends with the one or the other. */
  [Symbol.dispose](): void {
    this.#server.close()
  }
}
