import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { DnsLoad } from './dns-load.ts'
import type { AnswerDns, DnsAddress, DnsAnswer, DnsListener } from './dns-service.ts'
import { LeavingSocket } from './leaving-socket.ts'
import { loopTurn } from './loop-turn.ts'

/** Room for some thousand queries that arrive while the process is busy; the kernel cuts it to net.core.rmem_max. */
const receiveBuffer = 4 * 1024 * 1024

/** How long nothing may have come before a socket is closed: what another processor had begun to deliver has come by then. */
const quietMs = 100

/** The longest time that what is under way may take when a socket closes; one forwarded query may take five seconds. */
const closingMs = 6000

/** Answers DNS over UDP, beside whoever else does at the same address; the port must be given. */
export async function serveDatagrams(
  address: DnsAddress,
  answer: AnswerDns,
  load: DnsLoad,
  log: (message: string) => void,
): Promise<DnsListener> {
  const socket = await openSocket(address)
  const datagrams = new Datagrams(socket, address, answer, load, log)
  return { port: address.port, close: () => datagrams.close() }
}

async function openSocket({ host, port }: DnsAddress): Promise<Socket> {
  const ipv6 = host.includes(':')
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    reusePort: true,
    recvBufferSize: receiveBuffer,
    // Replies go to the address a query came from; without this, Node passes each through its name lookup.
    lookup: (hostname, _options, callback) => callback(null, hostname, ipv6 ? 6 : 4),
  })
  // Asked for first: with a lookup that answers at once, bind() tells before it returns.
  const listening = once(socket, 'listening')
  socket.bind(port, host)
  try {
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  return socket
}

/** The queries of one socket. */
export class Datagrams {
  readonly #socket: Socket
  readonly #local: DnsAddress
  readonly #answer: AnswerDns
  readonly #load: DnsLoad
  #sender: Pick<Socket, 'send'> | LeavingSocket | undefined
  #received = 0
  #waiting = 0

  constructor(socket: Socket, local: DnsAddress, answer: AnswerDns, load: DnsLoad, log: (message: string) => void) {
    this.#socket = socket
    this.#local = local
    this.#answer = answer
    this.#load = load
    this.#sender = socket
    socket.on('message', (query, from) => this.receive(query, from))
    socket.on('error', (error) => {
      // What the network says to a reply whose client has gone reaches a connected socket as its own error.
      if (this.#sender === socket) log(`DNS over UDP on ${local.host}: ${error.message}`)
    })
  }

  /** Answers one datagram. None with source port 0: nobody can receive there, and Node throws at the attempt to send. */
  receive(query: Uint8Array, { address, port }: Pick<RemoteInfo, 'address' | 'port'>): void {
    if (port === 0) return
    this.#received++
    const peer = { transport: 'udp', address, port, local: this.#local, crowded: this.#load.crowded } as const
    const answered = this.#answer(query, peer)
    if (answered instanceof Promise) this.#wait(answered, port, address)
    else if (answered) this.#reply(answered, port, address)
  }

  async close(): Promise<void> {
    const leaving = new LeavingSocket(this.#socket, this.#local)
    this.#sender = leaving
    const deadline = performance.now() + closingMs
    let received
    do {
      received = this.#received
      await setTimeout(quietMs)
      // A timer that is late stands before what came meanwhile.
      await loopTurn()
    } while ((this.#received !== received || this.#waiting > 0 || leaving.unsent > 0) && performance.now() < deadline)
    this.#sender = undefined
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #wait(promise: Promise<DnsAnswer>, port: number, address: string): void {
    const waits = this.#load.wait(promise, (answered) => {
      this.#waiting--
      this.#reply(answered, port, address)
    })
    if (waits) this.#waiting++
  }

  #reply(answered: DnsAnswer, port: number, address: string): void {
    // A zone transfer is no datagram (RFC 5936 section 4.2). Without a callback a reply that the network refuses is simply
    // lost, as a datagram may be.
    if (answered instanceof Uint8Array) this.#sender?.send(answered, port, address)
  }
}
