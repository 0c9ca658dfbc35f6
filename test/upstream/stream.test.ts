import { describe, expect, test } from 'vitest'
import { frame } from '../../src/host/dns-frame.ts'
import type { StreamPoolOptions } from '../../src/host/stream-pool.ts'
import { Upstream } from '../../src/host/upstream.ts'
import { exchange } from './exchange.ts'
import { fakeServer, replyTo, type Segment } from './fake-server.ts'

const right = [{ owner: 'www.example.com.', type: 1, class: 1, ttl: 60, data: Uint8Array.of(192, 0, 2, 1) }]

function upstreamOf({ port }: { readonly port: number }, pool?: StreamPoolOptions): Upstream {
  return new Upstream({ host: '127.0.0.1', port }, pool)
}

function answer({ query, send }: Segment): void {
  send(replyTo(query))
}

test('one connection serves one exchange after the other', async () => {
  await using server = await fakeServer({ tcp: answer })
  const upstream = upstreamOf(server)
  for (let i = 0; i < 5; i++) expect((await exchange(upstream, 'tcp')).answers).toEqual(right)
  expect(server.connections).toBe(1)
  expect(upstream.connections).toEqual({ reused: 4, made: 1 })
  upstream.close()
})

test('exchanges at one time have a connection each', async () => {
  await using server = await fakeServer({ tcp: (segment) => setTimeout(() => answer(segment), 20) })
  const upstream = upstreamOf(server)
  await Promise.all(Array.from({ length: 10 }, () => exchange(upstream, 'tcp')))
  await Promise.all(Array.from({ length: 10 }, () => exchange(upstream, 'tcp')))
  expect(server.connections).toBe(10)
  upstream.close()
})

describe('what comes over a connection', () => {
  const ways: Readonly<Record<string, (segment: Segment) => void>> = {
    'octet by octet': ({ query, socket }) => {
      socket.setNoDelay(true)
      for (const octet of frame(replyTo(query))) socket.write(Uint8Array.of(octet))
    },
    'behind another identifier': ({ query, send }) => {
      send(replyTo(query, { id: query.id ^ 1, answers: [] }))
      send(replyTo(query))
    },
    'behind an answer to another question, in one segment': ({ query, socket }) => {
      const other = replyTo(query, { questions: [{ name: 'ftp.example.com.', type: 1, class: 1 }] })
      socket.write(Buffer.concat([frame(other), frame(replyTo(query))]))
    },
    'behind a message of no octets': ({ query, socket }) =>
      socket.write(Buffer.concat([Uint8Array.of(0, 0), frame(replyTo(query))])),
    'behind garbage': ({ query, send }) => {
      send(Uint8Array.from({ length: 700 }, (_, i) => i))
      send(replyTo(query))
    },
    'with the end of the connection': ({ query, socket }) => socket.end(frame(replyTo(query))),
  }
  test.each(Object.entries(ways))('%s', async (_, way) => {
    await using server = await fakeServer({ tcp: way })
    const upstream = upstreamOf(server)
    expect((await exchange(upstream, 'tcp')).answers).toEqual(right)
    expect((await exchange(upstream, 'tcp')).answers).toEqual(right)
    upstream.close()
  })

  test('64 KiB', async () => {
    const answers = Array.from({ length: 4000 }, () => right).flat()
    await using server = await fakeServer({ tcp: ({ query, send }) => send(replyTo(query, { answers })) })
    const upstream = upstreamOf(server)
    expect((await exchange(upstream, 'tcp')).answers).toHaveLength(4000)
    upstream.close()
  })
})

describe('a connection that the server closes', () => {
  test('while it is idle is not used again', async () => {
    await using server = await fakeServer({
      tcp: (segment) => {
        answer(segment)
        segment.socket.end()
      },
    })
    const upstream = upstreamOf(server)
    await exchange(upstream, 'tcp')
    await expect.poll(() => exchange(upstream, 'tcp')).toMatchObject({ answers: right })
    expect(server.connections).toBe(2)
  })

  test('when the next query comes is replaced by a new one, once', async () => {
    const asked: number[] = []
    await using server = await fakeServer({
      tcp: (segment) => {
        asked.push(segment.connection)
        // The second query on the first connection ends it, as an idle timeout just then would.
        if (asked.filter((connection) => connection === segment.connection).length > 1) segment.socket.resetAndDestroy()
        else answer(segment)
      },
    })
    const upstream = upstreamOf(server)
    await exchange(upstream, 'tcp')
    expect((await exchange(upstream, 'tcp')).answers).toEqual(right)
    expect(asked).toEqual([1, 1, 2])
    upstream.close()
  })

  test.each([
    { name: 'at the query', end: ({ socket }: Segment) => socket.end() },
    { name: 'at the query, with a reset', end: ({ socket }: Segment) => socket.resetAndDestroy() },
    { name: 'midway', end: ({ query, socket }: Segment) => socket.end(frame(replyTo(query)).subarray(0, 20)) },
    {
      name: 'behind a wrong answer',
      end: ({ query, socket }: Segment) => socket.end(frame(replyTo(query, { id: query.id ^ 1 }))),
    },
  ])('$name is a failure, and a new one is not closed for it', async ({ end }) => {
    await using server = await fakeServer({ tcp: end })
    const upstream = upstreamOf(server)
    const start = performance.now()
    await expect(exchange(upstream, 'tcp')).rejects.toThrow(
      /^No answer from .* over TCP: (the connection was closed|read ECONNRESET)$/,
    )
    expect(performance.now() - start).toBeLessThan(900)
    expect(server.connections).toBe(1)
  })

  test('midway through a second answer is a failure: the server has seen the query', async () => {
    let queries = 0
    await using server = await fakeServer({
      tcp: (segment) => {
        if (++queries === 1) answer(segment)
        else segment.socket.end(frame(replyTo(segment.query)).subarray(0, 20))
      },
    })
    const upstream = upstreamOf(server)
    await exchange(upstream, 'tcp')
    await expect(exchange(upstream, 'tcp')).rejects.toThrow('the connection was closed')
    expect(queries).toBe(2)
  })
})

describe('time', () => {
  test('a server that accepts and says nothing has as long as it is given, and its connection is closed', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await fakeServer({ tcp: ({ socket }) => void socket.on('close', () => closed.resolve()) })
    await expect(exchange(upstreamOf(server), 'tcp', undefined, { readMs: 100 })).rejects.toThrow(
      'over TCP: no answer within 100 ms',
    )
    await closed.promise
  })

  test('a server that is not there is known at once', async () => {
    const gone = await fakeServer({})
    await gone[Symbol.asyncDispose]()
    await expect(exchange(upstreamOf(gone), 'tcp')).rejects.toThrow('ECONNREFUSED')
  })

  test('the whole takes no longer than it may', async () => {
    await using server = await fakeServer({
      tcp: ({ query, send }) => void setTimeout(() => send(replyTo(query, { id: query.id ^ 1 })), 50),
    })
    const start = performance.now()
    await expect(exchange(upstreamOf(server), 'tcp', undefined, { totalMs: 200 })).rejects.toThrow('no answer within')
    expect(performance.now() - start).toBeLessThan(800)
  })
})

describe('idle connections', () => {
  test('end after their time', async () => {
    const closed = Promise.withResolvers<number>()
    await using server = await fakeServer({
      tcp: (segment) => {
        answer(segment)
        const start = performance.now()
        segment.socket.once('close', () => closed.resolve(performance.now() - start))
      },
    })
    await exchange(upstreamOf(server, { expireMs: 100, maxIdle: 10 }), 'tcp')
    expect(await closed.promise).toBeGreaterThan(90)
  })

  test('are as many as there may be', async () => {
    await using server = await fakeServer({ tcp: (segment) => setTimeout(() => answer(segment), 20) })
    const upstream = upstreamOf(server, { expireMs: 10_000, maxIdle: 2 })
    await Promise.all(Array.from({ length: 6 }, () => exchange(upstream, 'tcp')))
    await Promise.all(Array.from({ length: 6 }, () => exchange(upstream, 'tcp')))
    expect(server.connections).toBe(10)
    upstream.close()
  })

  test('are not used when they are too old', async () => {
    await using server = await fakeServer({ tcp: answer })
    const upstream = upstreamOf(server, { expireMs: 10_000, maxIdle: 2, maxAgeMs: 100 })
    const start = performance.now()
    await exchange(upstream, 'tcp')
    await expect.poll(() => performance.now() - start > 100).toBe(true)
    await exchange(upstream, 'tcp')
    expect(server.connections).toBe(2)
    upstream.close()
  })

  test('are closed with the upstream, and none is kept after', async () => {
    let ends = 0
    await using server = await fakeServer({
      tcp: (segment) => {
        segment.socket.once('close', () => ends++)
        setTimeout(() => answer(segment), segment.query.questions[0]?.name === 'slow.' ? 100 : 0)
      },
    })
    const upstream = upstreamOf(server)
    const slow = exchange(upstream, 'tcp', 'slow')
    await exchange(upstream, 'tcp')
    upstream.close()
    await expect.poll(() => ends).toBe(1)
    expect((await slow).response).toBe(true)
    await expect.poll(() => ends).toBe(2)
  })
})
