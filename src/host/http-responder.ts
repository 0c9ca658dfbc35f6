import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { ConnectionRoom } from './connection-room.ts'
import { keepRoom } from './http-connections.ts'
import { cannotServe, closingMs, type HttpAddress, type HttpServer } from './http-server.ts'

/** What is said to a request, all of it. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Answers every request at an address alike, whatever its path and method, until it is closed. An address of one family is
 * not that of the other, also `::`. Other processes may share it (SO_REUSEPORT). Throws a sentence when it cannot listen.
 *
 * Without fastify, because there may be one for each Service and address: this takes 2 kB where that takes 140.
 */
export async function respondHttp(
  address: HttpAddress,
  answer: () => WholeAnswer,
  room: ConnectionRoom,
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (_, response) => {
    send(response, answer())
  })
  keepRoom(server, room)
  try {
    server.listen({ ...address, ipv6Only: true, reusePort: true })
    await once(server, 'listening')
  } catch (error) {
    throw new Error(cannotServe(address, error), { cause: error })
  }
  return {
    async close() {
      const closed = once(server, 'close')
      server.close()
      const patience = setTimeout(() => server.closeAllConnections(), closingMs)
      await closed
      clearTimeout(patience)
    },
  }
}

function send(response: ServerResponse, { status, headers, body }: WholeAnswer): void {
  // Without a length Node would send the body in chunks.
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
