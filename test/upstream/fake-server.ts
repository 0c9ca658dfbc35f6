import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import type { Message } from '../../src/dns/message.ts'
import { frame, FrameReader } from '../../src/host/dns-frame.ts'
import { decoded } from '../dns/fake-target.ts'

/** A query over UDP, and ways to answer it. */
export interface Datagram {
  readonly query: Message
  /** The port it came from. */
  readonly from: number
  readonly address: string
  readonly send: (reply: Uint8Array) => void
  /** From another port of the same address. */
  readonly sendFromElsewhere: (reply: Uint8Array) => void
}

/** A query over TCP, and its connection. */
export interface Segment {
  readonly query: Message
  readonly socket: Socket
  /** Which connection it is, from 1 on. */
  readonly connection: number
  readonly send: (reply: Uint8Array) => void
}

/** A server on loopback that answers as the test says, truly or not. */
export interface FakeServer extends AsyncDisposable {
  readonly port: number
  /** How many connections were made so far. */
  readonly connections: number
}

export async function fakeServer(behaviour: {
  readonly udp?: (datagram: Datagram) => void
  readonly tcp?: (segment: Segment) => void
  /** Makes the server of connections, if not a plain one. */
  readonly createServer?: (onConnection: (socket: Socket) => void) => Server
}): Promise<FakeServer> {
  const socket = createSocket('udp4')
  const elsewhere = createSocket('udp4')
  let closed = false
  socket.on('message', (bytes, { port, address }) =>
    behaviour.udp?.({
      query: decoded(bytes),
      from: port,
      address,
      send: (reply) => closed || socket.send(reply, port, address),
      sendFromElsewhere: (reply) => elsewhere.send(reply, port, address),
    }),
  )
  let connections = 0
  const open = new Set<Socket>()
  const accept = (connected: Socket): void => {
    const connection = ++connections
    const frames = new FrameReader()
    open.add(connected)
    connected.on('error', () => connected.destroy())
    connected.on('close', () => open.delete(connected))
    connected.on('data', (chunk: Uint8Array) => {
      for (const message of frames.read(chunk)) {
        const send = (reply: Uint8Array): void => void connected.write(frame(reply))
        behaviour.tcp?.({ query: decoded(message), socket: connected, connection, send })
      }
    })
  }
  const server = (behaviour.createServer ?? createServer)(accept)
  const port = await listenOnBoth(server, socket)
  return {
    port,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      closed = true
      socket.close()
      elsewhere.close()
      for (const connected of open) connected.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Listens on one port of both transports, whichever is free for both. */
async function listenOnBoth(server: Server, socket: UdpSocket): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  try {
    await once(socket.bind(port, '127.0.0.1'), 'listening')
    return port
  } catch {
    // Somebody has it for UDP.
    await once(server.close(), 'close')
    return listenOnBoth(server, socket)
  }
}

/** The right reply to a query, with some fields changed. */
export function replyTo(query: Message, fields: Partial<Message> = {}): Uint8Array {
  const [question = { name: '.', type: 1, class: 1 }] = query.questions
  const answer = { owner: question.name, type: 1, class: 1, ttl: 60, data: Uint8Array.of(192, 0, 2, 1) }
  return encodeMessage({ ...query, response: true, answers: [answer], ...fields })
}
