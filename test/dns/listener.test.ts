import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { Datagrams } from '../../src/host/dns-datagrams.ts'
import { listenDns } from '../../src/host/dns-listener.ts'
import { DnsLoad } from '../../src/host/dns-load.ts'
import type { AnswerDns, DnsListener } from '../../src/host/dns-service.ts'
import { decodeMessage } from './codec.ts'
import { dig } from './dig.ts'
import { zone } from './fixture.ts'
import { closing, connectTo, framed, messages } from './stream-client.ts'

let listener: DnsListener
const clients: Socket[] = []

beforeEach(async () => {
  listener = await listenZone()
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await listener.close()
})

const fromZone: AnswerDns = (query, { transport }) => answerQuery(zone, query, transport)

function listenZone(load?: DnsLoad): Promise<DnsListener> {
  return listenDns({ host: '127.0.0.1', port: 0 }, fromZone, console.error, load)
}

async function connected(): Promise<Socket> {
  const socket = await connectTo(listener.port)
  clients.push(socket)
  return socket
}

/** What dig gets now, over TCP and UDP. */
async function statuses(): Promise<readonly string[]> {
  const answers = await Promise.all(['+tcp', '+notcp'].map((transport) => dig(listener.port, front, transport)))
  return answers.map(({ status }) => status)
}

const bothAnswer = ['NOERROR', 'NOERROR']

const front = 'front.web.svc.cluster.local'

describe('UDP', () => {
  test('a datagram from source port 0 gets no answer, and no attempt at one', () => {
    const socket = createSocket('udp4')
    const send = vi.spyOn(socket, 'send').mockReturnValue()
    const answer = vi.fn(() => new Uint8Array(12))
    const datagrams = new Datagrams(socket, { host: '127.0.0.1', port: 53 }, answer, new DnsLoad(), console.error)
    datagrams.receive(new Uint8Array(12), { address: '127.0.0.1', port: 0 })
    expect(answer).not.toHaveBeenCalled()
    datagrams.receive(new Uint8Array(12), { address: '127.0.0.1', port: 53 })
    expect(send).toHaveBeenCalledOnce()
    socket.close()
  })
})

describe('TCP', () => {
  test('pipelined queries are answered in their order', async () => {
    const socket = await connected()
    socket.write(Buffer.concat(Array.from({ length: 500 }, (_, id) => framed(front, id))))
    const answers = await messages(socket, 500)
    expect(answers.map((answer) => answer.readUInt16BE(0))).toEqual(Array.from({ length: 500 }, (_, id) => id))
  })

  test('a query that comes octet by octet is answered', async () => {
    const socket = await connected()
    socket.setNoDelay(true)
    for (const octet of framed(front)) socket.write(Buffer.of(octet))
    const [answer] = await messages(socket, 1)
    expect(decodeMessage(answer ?? Buffer.alloc(0)).answers).toHaveLength(1)
  })

  test('queries before a FIN are answered', async () => {
    const socket = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
    clients.push(socket)
    socket.end(Buffer.concat([framed(front, 1), framed(front, 2)]))
    expect(await messages(socket, 2)).toHaveLength(2)
    await once(socket.resume(), 'end')
  })

  test.each([
    ['a length no query has', Buffer.from([0xff, 0xff, 1, 2, 3])],
    ['a length a little too large', Buffer.from([0x10, 0x01])],
  ])('%s ends the connection at once', async (_, garbage) => {
    const socket = await connected()
    const start = performance.now()
    socket.write(garbage)
    await closing(socket.resume())
    // The first query may take three seconds.
    expect(performance.now() - start).toBeLessThan(2500)
    expect(await statuses()).toEqual(bothAnswer)
  })

  test('empty and short messages get nothing, the query behind them its answer', async () => {
    const socket = await connected()
    socket.write(Buffer.concat([Buffer.from([0, 0, 0, 3, 1, 2, 3, 0, 0]), framed(front, 9)]))
    const [answer] = await messages(socket, 1)
    expect(answer?.readUInt16BE(0)).toBe(9)
  })

  test(
    'a client that sends nothing, or never a whole query, is closed after three seconds',
    { timeout: 10_000 },
    async () => {
      const start = performance.now()
      const silent = await connected()
      const slow = await connected()
      slow.write(framed(front).subarray(0, 5))
      const trickle = setInterval(() => slow.write(Buffer.of(1)), 500)
      await Promise.all([closing(silent.resume()), closing(slow.resume())])
      clearInterval(trickle)
      expect(performance.now() - start).toBeGreaterThan(2500)
      expect(performance.now() - start).toBeLessThan(6000)
    },
  )

  test(
    'a client that asks and never reads stops being read, costs little memory, and is closed',
    { timeout: 20_000 },
    async () => {
      const socket = await connected()
      socket.pause()
      const flood = Buffer.concat(Array.from({ length: 1000 }, () => framed('many.big.svc.cluster.local')))
      const before = process.memoryUsage().rss
      let sent = 0
      const closed = closing(socket)
      // 5 MB of queries for 320 MB of answers; the sockets' own buffers take a few MB of those.
      for (let i = 0; i < 100; i++) {
        if (socket.write(flood)) continue
        const drained = await Promise.race([once(socket, 'drain').catch(() => undefined), closed.then(() => undefined)])
        if (!drained) break
        sent += flood.length
      }
      expect(await statuses()).toEqual(bothAnswer)
      expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
      await closed
      expect(sent).toBeLessThan(100 * flood.length)
      expect(await statuses()).toEqual(bothAnswer)
    },
  )

  test('over the limit the connection that was quiet longest goes', { timeout: 20_000 }, async () => {
    const maxConnections = 100
    await listener.close()
    listener = await listenZone(new DnsLoad(maxConnections))
    const first = await connected()
    const second = await connected()
    const closed: string[] = []
    first.on('close', () => closed.push('first'))
    second.on('close', () => closed.push('second'))
    // Both have asked and so may be idle for ten seconds; the first asks again.
    for (const socket of [first, second, first]) {
      socket.write(framed(front))
      await messages(socket, 1)
    }
    const start = performance.now()
    const gone = closing(second.resume())
    const others = await Promise.all(Array.from({ length: maxConnections - 1 }, connected))
    await gone
    expect(performance.now() - start).toBeLessThan(9000)
    expect(closed).toEqual(['second'])
    first.write(framed(front))
    expect(await messages(first, 1)).toHaveLength(1)
    for (const other of others) other.destroy()
    expect(await statuses()).toEqual(bothAnswer)
  })

  test('a reset is no event', async () => {
    const socket = await connected()
    socket.write(framed(front))
    socket.resetAndDestroy()
    expect(await statuses()).toEqual(bothAnswer)
  })

  test('close ends what is open', async () => {
    const socket = await connected()
    const closed = closing(socket.resume())
    await listener.close()
    await closed
    await expect(connected()).rejects.toThrow('ECONNREFUSED')
    listener = await listenDns({ host: '127.0.0.1', port: 0 }, () => undefined, console.error)
  })
})

function listen(host: string, port: number): Promise<DnsListener> {
  return listenDns({ host, port }, () => undefined, console.error)
}

describe('errors', () => {
  test('a taken port is a sentence, whichever half is taken', async () => {
    const udp = createSocket('udp4').bind(0, '127.0.0.1')
    await once(udp, 'listening')
    const { port } = udp.address()
    await expect(listen('127.0.0.1', port)).rejects.toThrow(
      `Cannot listen for DNS on 127.0.0.1 port ${port}: another process already listens there`,
    )
    udp.close()
    const tcp = createServer().listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const address = tcp.address()
    const taken = typeof address === 'object' ? (address?.port ?? 0) : 0
    await expect(listen('127.0.0.1', taken)).rejects.toThrow('another process already listens there')
    tcp.close()
  })

  test('an address that is not there is a sentence', async () => {
    await expect(listen('192.0.2.77', 0)).rejects.toThrow('no interface of this node has that address')
  })

  test('IPv6 is its own address', async () => {
    const six = await listen('::1', 0)
    expect(six.port).toBeGreaterThan(0)
    await six.close()
  })

  test('an answer that throws costs that answer, and is logged once', async () => {
    const logged: string[] = []
    let broken = true
    const shaky = await listenDns(
      { host: '127.0.0.1', port: 0 },
      (query, { transport }) => {
        if (broken) throw new Error('a defect')
        return answerQuery(zone, query, transport)
      },
      (line) => logged.push(line),
    )
    for (const transport of ['+notcp', '+tcp']) {
      await expect(dig(shaky.port, front, transport, '+time=1')).rejects.toThrow('Command failed')
    }
    broken = false
    expect((await dig(shaky.port, front)).status).toBe('NOERROR')
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('Cannot answer a DNS query: Error: a defect')
    await shaky.close()
  })
})
