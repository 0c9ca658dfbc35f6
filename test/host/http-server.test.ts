import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { serveHttp, type HttpServer } from '../../src/host/http-server.ts'

/** A server on a free port, when it listens. */
async function serve(answer: () => Promise<string>): Promise<{ readonly server: HttpServer; readonly port: number }> {
  const { promise: listening, resolve } = Promise.withResolvers<number>()
  const server = serveHttp(
    { host: '127.0.0.1', port: 0 },
    (routes) => {
      routes.get('/metrics', async (_, reply) => reply.send(await answer()))
      routes.addHook('onListen', async () => {
        const address = routes.server.address()
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
      })
    },
    (message) => expect.unreachable(message),
  )
  return { server, port: await listening }
}

test('it closes although a client never ends its request', async () => {
  const { server, port } = await serve(async () => '')
  const client = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(client, 'connect')
  client.write('GET /metrics HTTP/1.1\r\nHost: ')
  const ended = once(client, 'close')
  await server.close()
  await ended
})

test('a request under way is answered first', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  const { server, port } = await serve(() => {
    asked.resolve()
    return answer.promise
  })
  const response = fetch(`http://127.0.0.1:${port}/metrics`)
  await asked.promise
  const closed = server.close()
  answer.resolve('figures')
  expect(await (await response).text()).toBe('figures')
  await closed
})
