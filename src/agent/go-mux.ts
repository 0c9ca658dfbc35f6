import type { FastifyInstance } from 'fastify'

/** What is said to a request for one path. */
interface MuxAnswer {
  readonly status?: number
  readonly type: string
  readonly body: string
}

/** Answers by path: `/healthz`. */
export type MuxRoutes = Readonly<Record<string, () => MuxAnswer | Promise<MuxAnswer>>>

/**
 * Serves paths as Go's mux does, which kube-proxy has: whatever the method, and `404 page not found` for all others. HEAD
 * gets no body, but its length.
 */
export function serveMux(server: FastifyInstance, routes: MuxRoutes): void {
  // A body is nobody's business, whatever its type.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_, __, done) => done(null))
  for (const [path, answer] of Object.entries(routes)) {
    server.all(path, async (_, reply) => {
      const { status = 200, type, body } = await answer()
      // Of a string fastify would say that its charset is UTF-8.
      return reply
        .code(status)
        .headers({ 'Content-Type': type, ...nosniff })
        .send(Buffer.from(body))
    })
  }
  server.setNotFoundHandler((_, reply) => {
    return reply
      .code(404)
      .headers({ 'Content-Type': plainText, ...nosniff })
      .send(Buffer.from('404 page not found\n'))
  })
}

export const plainText = 'text/plain; charset=utf-8'

const nosniff = { 'X-Content-Type-Options': 'nosniff' }
