import type { Socket } from 'node:dgram'
import type { DnsAddress } from './dns-service.ts'

/**
 * A bound UDP socket on its way out. It is connected to itself, and so the kernel hands it no datagram of anybody else: they go
 * to the other sockets of its address and port (SO_REUSEPORT), and it keeps what was queued before. To reply it is connected to
 * the client for a moment; what comes in meanwhile is received as ever.
 */
export class LeavingSocket {
  readonly #socket: Socket
  readonly #self: DnsAddress
  #last: Promise<void>
  #connected = false
  #unsent = 0

  constructor(socket: Socket, self: DnsAddress) {
    this.#socket = socket
    this.#self = self
    this.#last = this.#park()
  }

  /** Replies that are still to be sent. */
  get unsent(): number {
    return this.#unsent
  }

  send(message: Uint8Array, port: number, address: string): void {
    this.#unsent++
    this.#last = this.#last
      .then(() => this.#reply(message, { host: address, port }))
      // Closed meanwhile: its time was up.
      .catch(() => undefined)
      .finally(() => this.#unsent--)
  }

  async #reply(message: Uint8Array, client: DnsAddress): Promise<void> {
    // What came back for the last reply, whose client had gone, fails the next attempt of a connected socket, but only that one.
    for (let tries = 1; tries <= 2; tries++) {
      if ((await this.#connect(client)) && (await this.#transmit(message))) break
    }
    await this.#park()
  }

  /** Where that cannot be, the address has gone from the node, and nothing more will come. */
  async #park(): Promise<void> {
    await this.#connect(this.#self)
  }

  async #connect({ host, port }: DnsAddress): Promise<boolean> {
    if (this.#connected) this.#socket.disconnect()
    this.#connected = await new Promise<boolean>((resolve) => {
      // The types know no error here; there is one when nothing leads to the client.
      this.#socket.connect(port, host, (...failure: readonly unknown[]) => resolve(failure[0] === undefined))
    })
    return this.#connected
  }

  #transmit(message: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket.send(message, (error) => resolve(error === null))
    })
  }
}
