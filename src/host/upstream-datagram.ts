import { createSocket, type Socket } from 'node:dgram'
import { randomPort, type PortRange } from './random-port.ts'

/** How often a random port may turn out to be taken by another socket. */
const maxTries = 20

export interface DatagramExchange {
  readonly server: { readonly host: string; readonly port: number; readonly sourceAddress?: string }
  readonly ports: PortRange
  readonly query: Uint8Array
  readonly timeoutMs: number
  readonly accepts: (reply: Uint8Array) => boolean
}

/**
 * Sends a query from a fresh socket on a random port and resolves with the first reply of that server that is accepted.
 * Others are passed over until the time is up: were they failures, a forged one could end the exchange before the right
 * one comes (CVE-2023-28452). Rejects then, or when the network says that nobody is there.
 */
export function exchangeDatagram(exchange: DatagramExchange): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let socket: Socket | undefined
    const end = (): void => {
      clearTimeout(timer)
      socket?.close()
      socket = undefined
    }
    const fail = (error: Error): void => {
      end()
      reject(error)
    }
    const succeed = (reply: Uint8Array): void => {
      end()
      resolve(reply)
    }
    const open = (tries: number): void => {
      socket = createSocketTo(exchange.server)
      // bind() may tell of a taken port before it returns.
      socket.on('error', (error) => {
        if (tries === maxTries || !isTaken(error)) return fail(error)
        socket?.close()
        open(tries + 1)
      })
      send(socket, exchange, succeed, fail)
    }
    const timer = setTimeout(() => fail(new Error(`no answer within ${exchange.timeoutMs} ms`)), exchange.timeoutMs)
    open(1)
  })
}

function createSocketTo({ host }: DatagramExchange['server']): Socket {
  const ipv6 = host.includes(':')
  return createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // The server is an address; without this, Node passes it through its name lookup.
    lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
  })
}

/** Sends the query once the socket is bound and connected. */
function send(
  socket: Socket,
  { server, ports, query, accepts }: DatagramExchange,
  succeed: (reply: Uint8Array) => void,
  fail: (error: Error) => void,
): void {
  socket.on('message', (reply, from) => {
    // The kernel keeps others away once the socket is connected; before that it is open to all for a moment.
    if (from.port === server.port && from.address === server.host && accepts(reply)) succeed(reply)
  })
  socket.once('listening', () => socket.connect(server.port, server.host))
  socket.once('connect', () => socket.send(query, (error) => error && fail(error)))
  // Alone on its port also among the workers of a cluster, which else share what they bind.
  const { sourceAddress } = server
  const from = sourceAddress === undefined ? {} : { address: sourceAddress }
  socket.bind({ port: randomPort(ports), ...from, exclusive: true })
}

function isTaken(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE'
}
