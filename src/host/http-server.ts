import fastify, { type FastifyInstance } from 'fastify'

/** How soon an address that could not be listened on is tried again; kube-proxy's figure. */
const againMs = 5000

/** How long a request under way may take when the server closes. */
const closingMs = 1000

export interface HttpServer {
  close(): Promise<void>
}

/**
 * Serves HTTP at an address. One that is in use, or not there yet, is reported once and tried again until it is free:
 * nobody's rules wait for it.
 *
 * @param routes Adds the routes to a new server.
 */
export function serveHttp(
  address: { readonly host: string; readonly port: number },
  routes: (server: FastifyInstance) => void,
  onError: (message: string) => void,
): HttpServer {
  let server: FastifyInstance | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let reported = false
  const listen = async (): Promise<void> => {
    const candidate = fastify({ bodyLimit: 1024, requestTimeout: 10_000, keepAliveTimeout: 60_000 })
    routes(candidate)
    try {
      await candidate.listen(address)
      server = candidate
      if (closed) await candidate.close()
    } catch (error) {
      await candidate.close()
      if (!reported) onError(`Cannot serve HTTP at ${address.host} port ${address.port}: ${reason(error)}`)
      reported = true
      if (!closed) timer = setTimeout(() => void listen(), againMs)
    }
  }
  const listening = listen()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await listening
      // A client that never ends its request, or never reads its answer, would keep us for ever.
      const patience = setTimeout(() => server?.server.closeAllConnections(), closingMs)
      await server?.close()
      clearTimeout(patience)
    },
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
