import fastify, { type FastifyInstance } from 'fastify'
import { ConnectionRoom } from './connection-room.ts'
import { errorText } from './error-text.ts'
import { keepRoom, usualHttpConnections } from './http-connections.ts'

/** How soon an address that could not be listened on is tried again; kube-proxy's figure. */
const againMs = 5000

/** How long a request under way may take when the server closes. */
export const closingMs = 1000

/** Where an HTTP server listens. */
export interface HttpAddress {
  /** Empty for every address. */
  readonly host: string
  readonly port: number
}

export interface HttpServer {
  close(): Promise<void>
}

/** An HTTP server that listens. */
export interface ListeningServer extends HttpServer {
  /** That it has; another than asked for where that was 0. */
  readonly port: number
}

/**
 * Serves HTTP at an address that other processes may share (SO_REUSEPORT) unless it says otherwise, as CoreDNS does: so a new
 * process is there before the old one goes. Throws a sentence when it cannot.
 *
 * @param routes Adds the routes to the new server.
 */
export async function listenHttp(
  address: HttpAddress & { readonly reusePort?: boolean },
  routes: (server: FastifyInstance) => void,
): Promise<ListeningServer> {
  try {
    return listening(await listen({ reusePort: true, ...address }, routes))
  } catch (error) {
    throw new Error(cannotServe(address, error), { cause: error })
  }
}

/**
 * Serves HTTP at an address. One that is in use, or not there yet, is reported once and tried again until it is free:
 * nobody's rules wait for it.
 *
 * @param routes Adds the routes to a new server.
 * @param reusePort Whether other processes may share the address (SO_REUSEPORT); absent: not.
 */
export function serveHttp(
  address: HttpAddress & { readonly reusePort?: boolean },
  routes: (server: FastifyInstance) => void,
  onError: (message: string) => void,
): HttpServer {
  let server: FastifyInstance | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let reported = false
  const tryOnce = async (): Promise<void> => {
    try {
      server = await listen(address, routes)
      if (closed) await server.close()
    } catch (error) {
      if (!reported) onError(cannotServe(address, error))
      reported = true
      if (!closed) timer = setTimeout(() => void tryOnce(), againMs)
    }
  }
  const trying = tryOnce()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await trying
      if (server) await closeServer(server)
    },
  }
}

async function listen(
  address: HttpAddress & { readonly reusePort?: boolean },
  routes: (server: FastifyInstance) => void,
): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: 1024, requestTimeout: 10_000, keepAliveTimeout: 60_000 })
  keepRoom(server.server, new ConnectionRoom(usualHttpConnections))
  routes(server)
  try {
    await server.listen({ ...address, host: address.host === '' ? '::' : address.host })
    return server
  } catch (error) {
    await server.close()
    // A kernel without IPv6 has no "::".
    if (address.host === '' && isNoFamily(error)) return listen({ ...address, host: '0.0.0.0' }, routes)
    throw error
  }
}

function listening(server: FastifyInstance): ListeningServer {
  const address = server.server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => closeServer(server) }
}

async function closeServer(server: FastifyInstance): Promise<void> {
  // A client that never ends its request, or never reads its answer, would keep us for ever.
  const patience = setTimeout(() => server.server.closeAllConnections(), closingMs)
  await server.close()
  clearTimeout(patience)
}

/** Says where, and why not. */
export function cannotServe({ host, port }: HttpAddress, error: unknown): string {
  return `Cannot serve HTTP at ${host === '' ? 'every address' : host} port ${port}: ${errorText(error)}`
}

function isNoFamily(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT'
}
