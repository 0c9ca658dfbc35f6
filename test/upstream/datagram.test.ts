import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Upstream } from '../../src/host/upstream.ts'
import { exchange } from './exchange.ts'
import { fakeServer, replyTo, type Datagram } from './fake-server.ts'

const right = [{ owner: 'www.example.com.', type: 1, class: 1, ttl: 60, data: Uint8Array.of(192, 0, 2, 1) }]
const forged = right.map((record) => ({ ...record, data: Uint8Array.of(203, 0, 113, 66) }))

function upstreamOf({ port }: { readonly port: number }): Upstream {
  return new Upstream({ host: '127.0.0.1', port })
}

describe('a lie before the right answer', () => {
  const lies: Readonly<Record<string, (datagram: Datagram) => void>> = {
    'another identifier': ({ query, send }) => send(replyTo(query, { id: query.id ^ 1, answers: forged })),
    'another name': ({ query, send }) =>
      send(replyTo(query, { questions: [{ name: 'ftp.example.com.', type: 1, class: 1 }], answers: forged })),
    'another type': ({ query, send }) =>
      send(replyTo(query, { questions: [{ name: 'www.example.com.', type: 28, class: 1 }], answers: forged })),
    'another class': ({ query, send }) =>
      send(replyTo(query, { questions: [{ name: 'www.example.com.', type: 1, class: 3 }], answers: forged })),
    'no question': ({ query, send }) => send(replyTo(query, { questions: [], rcode: 1, answers: [] })),
    'two questions': ({ query, send }) =>
      send(replyTo(query, { questions: [...query.questions, ...query.questions], answers: forged })),
    'a query': ({ query, send }) => send(replyTo(query, { response: false, answers: forged })),
    'another opcode': ({ query, send }) => send(replyTo(query, { opcode: 5, answers: forged })),
    'another port': ({ query, sendFromElsewhere }) => sendFromElsewhere(replyTo(query, { answers: forged })),
    'half a header': ({ query, send }) => send(replyTo(query).subarray(0, 6)),
    'an empty datagram': ({ send }) => send(new Uint8Array()),
    garbage: ({ send }) => send(Uint8Array.from({ length: 600 }, (_, i) => i)),
    'garbage behind the identifier': ({ query, send }) =>
      send(Uint8Array.of(query.id >> 8, query.id, ...Array.from({ length: 600 }, (_, i) => i))),
  }

  test.each(Object.entries(lies))('%s', async (_, lie) => {
    await using server = await fakeServer({
      udp: (datagram) => {
        lie(datagram)
        lie(datagram)
        setTimeout(() => datagram.send(replyTo(datagram.query)), 50)
      },
    })
    expect((await exchange(upstreamOf(server), 'udp')).answers).toEqual(right)
  })

  test.each(Object.entries(lies))('%s alone is no answer, and no failure before the time is over', async (_, lie) => {
    await using server = await fakeServer({ udp: lie })
    const start = performance.now()
    await expect(exchange(upstreamOf(server), 'udp', undefined, { readMs: 200 })).rejects.toThrow(
      `No answer from 127.0.0.1:${server.port} over UDP: no answer within 200 ms`,
    )
    expect(performance.now() - start).toBeGreaterThan(195)
  })
})

/** Forged replies with every identifier but the right one, in no more than a receive buffer holds at a time. */
async function flood({ query, send }: Datagram): Promise<void> {
  for (let i = 1; i <= 20_000; i++) {
    send(replyTo(query, { id: (query.id + i) & 0xffff, answers: forged }))
    if (i % 50 === 0) await setImmediate()
  }
  send(replyTo(query))
}

test('20,000 forged replies, and the right one among them', { timeout: 20_000 }, async () => {
  await using server = await fakeServer({
    udp: (datagram) => void flood(datagram),
  })
  const reply = await exchange(upstreamOf(server), 'udp', undefined, { readMs: 15_000, totalMs: 15_000 })
  expect(reply.answers).toEqual(right)
})

describe('a server that', () => {
  test('says nothing has as long as it is given', async () => {
    await using server = await fakeServer({})
    const start = performance.now()
    await expect(exchange(upstreamOf(server), 'udp', undefined, { totalMs: 150 })).rejects.toThrow('within 150 ms')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('answers late is not heard, and does no harm', async () => {
    await using server = await fakeServer({
      udp: ({ query, send }) => setTimeout(() => send(replyTo(query)), query.questions[0]?.name === 'late.' ? 200 : 0),
    })
    const upstream = upstreamOf(server)
    await expect(exchange(upstream, 'udp', 'late', { readMs: 100 })).rejects.toThrow('no answer within 100 ms')
    expect((await exchange(upstream, 'udp')).answers).toEqual(right)
  })

  test('is not there is known at once', async () => {
    const gone = await fakeServer({})
    await gone[Symbol.asyncDispose]()
    const start = performance.now()
    await expect(exchange(upstreamOf(gone), 'udp')).rejects.toThrow('ECONNREFUSED')
    expect(performance.now() - start).toBeLessThan(900)
  })

  test('cannot be reached is known at once', async () => {
    // From a wildcard socket, no route leads to a broadcast address without leave.
    await expect(exchange(new Upstream({ host: '255.255.255.255', port: 53 }), 'udp')).rejects.toThrow(
      'No answer from 255.255.255.255:53 over UDP: ',
    )
  })

  test('sends more than was asked for is heard all the same', async () => {
    const answers = Array.from({ length: 3000 }, () => right[0]).filter((record) => record !== undefined)
    await using server = await fakeServer({ udp: ({ query, send }) => send(replyTo(query, { answers })) })
    expect((await exchange(upstreamOf(server), 'udp')).answers).toHaveLength(3000)
  })

  test('has an IPv6 address', async () => {
    const socket = createSocket('udp6')
    socket.on('message', (query, { port, address }) => {
      query[2] = 0x81
      socket.send(query, port, address)
    })
    socket.bind(0, '::1')
    await once(socket, 'listening')
    const upstream = new Upstream({ host: '::1', port: socket.address().port })
    expect(upstream.name).toBe(`[::1]:${socket.address().port}`)
    expect((await exchange(upstream, 'udp')).response).toBe(true)
    socket.close()
  })
})

test('many at a time each get their own answer', async () => {
  await using server = await fakeServer({
    udp: ({ query, send }) => {
      const data = Uint8Array.from(query.questions[0]?.name.slice(1, -1).split('-') ?? [], Number)
      const answers = [{ owner: query.questions[0]?.name ?? '', type: 1, class: 1, ttl: 1, data }]
      setTimeout(() => send(replyTo(query, { answers })), (data[3] ?? 0) % 20)
    },
  })
  const upstream = upstreamOf(server)
  const asked = Array.from({ length: 150 }, async (_, i) => {
    const { answers } = await exchange(upstream, 'udp', `n10-0-${i >> 8}-${i & 255}`, { readMs: 5000, totalMs: 5000 })
    return answers[0]?.data
  })
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 150 }, (_, i) => Uint8Array.of(10, 0, i >> 8, i & 255)))
})

test.each(['udp', 'tcp'] as const)('over %s it comes from the address that is asked for', async (transport) => {
  const from: (string | undefined)[] = []
  await using server = await fakeServer({
    udp: ({ query, address, send }) => {
      from.push(address)
      send(replyTo(query))
    },
    tcp: ({ query, socket, send }) => {
      from.push(socket.remoteAddress)
      send(replyTo(query))
    },
  })
  const upstream = new Upstream({ host: '127.0.0.1', port: server.port, sourceAddress: '127.0.0.77' })
  await exchange(upstream, transport)
  expect(from).toEqual(['127.0.0.77'])
  upstream.close()
})
