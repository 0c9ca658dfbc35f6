import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { serveStream } from './dns-stream.ts'
import type { AnswerDns, DnsListener } from './dns-service.ts'

/**
 * Connections at one time. Each may hold some 200 kB of unread queries and unsent answers here, and in the kernel what
 * net.ipv4.tcp_wmem allows a socket.
 * One more closes the one that has been quiet longest: refusing the new one would let idle clients lock out the rest.
 */
export const maxConnections = 1000

/** Answers DNS over TCP (RFC 7766). */
export async function serveStreams(
  address: { readonly host: string; readonly port: number },
  answer: AnswerDns,
  log: (message: string) => void,
): Promise<DnsListener> {
  // In the order of their last query: a set keeps the order of insertion.
  const connections = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    const [quietest] = connections
    if (quietest && connections.size >= maxConnections) {
      connections.delete(quietest)
      quietest.destroy()
    }
    connections.add(socket)
    const touch = (): void => {
      if (connections.delete(socket)) connections.add(socket)
    }
    socket.on('close', () => connections.delete(socket))
    serveStream(socket, answer, touch)
  })
  server.listen({ ...address, ipv6Only: address.host.includes(':') })
  // Rejects with the error if that comes first.
  await once(server, 'listening')
  server.on('error', (error) => log(`DNS over TCP on ${address.host}: ${error.message}`))
  return {
    port: address.port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}
