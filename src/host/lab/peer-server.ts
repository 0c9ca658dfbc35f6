import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Reply } from './summary.ts'

export const everyAddress: readonly string[] = ['0.0.0.0', '::']

/** Listens on these addresses; each connection and datagram is answered with one line of JSON. */
export async function serve(
  name: string,
  hosts: readonly string[],
  tcp: readonly number[],
  udp: readonly number[],
): Promise<void> {
  for (const host of hosts) {
    for (const port of tcp) await listenTcp(name, host, port)
    for (const port of udp) await listenUdp(name, host, port)
  }
}

async function listenTcp(name: string, host: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    // A client that goes away before its reply is the client's business.
    socket.on('error', () => socket.destroy())
    socket.end(replyLine(name, socket.remoteAddress))
  })
  // Apart from the IPv4 listener, so that IPv4 clients are seen as 10.0.0.1 and not as ::ffff:10.0.0.1.
  await once(server.listen({ host, port, ipv6Only: true }), 'listening')
}

async function listenUdp(name: string, host: string, port: number): Promise<void> {
  const ipv6 = host.includes(':')
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 })
  socket.on('message', (_, client) => socket.send(replyLine(name, client.address), client.port, client.address))
  socket.bind(port, host)
  await once(socket, 'listening')
}

function replyLine(name: string, clientAddress = ''): string {
  const reply: Reply = { name, clientAddress }
  return `${JSON.stringify(reply)}\n`
}
