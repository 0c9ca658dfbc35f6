import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenDns } from '../../src/host/dns-listener.ts'
import { DnsLoad } from '../../src/host/dns-load.ts'
import type { AnswerDns, DnsAnswer, DnsListener, DnsPeer } from '../../src/host/dns-service.ts'
import { uint16At } from '../../src/dns/octets.ts'
import { encodeQuery, octetsOf } from './codec.ts'
import { closing, connectTo, framed, messages } from './stream-client.ts'

let listener: DnsListener
let load: DnsLoad
/** Keeps the promise for the query with this identifier. */
let keep: Map<number, (answer: DnsAnswer) => void>
let asked: { readonly id: number; readonly peer: DnsPeer }[]
let logged: string[]
let answer: AnswerDns
const streams: Socket[] = []
const datagrams: UdpSocket[] = []

const promised: AnswerDns = (query) =>
  new Promise((resolve) => {
    keep.set(uint16At(query, 0), resolve)
  })

beforeEach(async () => {
  load = new DnsLoad()
  keep = new Map()
  asked = []
  logged = []
  answer = promised
  listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, peer) => {
      asked.push({ id: uint16At(query, 0), peer })
      return answer(query, peer)
    },
    (line) => logged.push(line),
    load,
  )
})

afterEach(async () => {
  for (const socket of streams.splice(0)) socket.destroy()
  for (const socket of datagrams.splice(0)) socket.close()
  for (const resolve of keep.values()) resolve(undefined)
  await listener.close()
})

async function stream(): Promise<Socket> {
  const socket = await connectTo(listener.port)
  streams.push(socket)
  return socket
}

async function udpClient(): Promise<UdpSocket> {
  const socket = createSocket('udp4')
  datagrams.push(socket)
  socket.connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const query = (id: number) => encodeQuery('example.com', 'A', { id })
const askedIds = () => asked.map(({ id }) => id)
/** An answer of a header alone, with this identifier. */
const header = (id: number) => Uint8Array.of(id >> 8, id, 0x80, ...new Uint8Array(9))
const idsOf = (found: readonly Uint8Array[]) => found.map((message) => uint16At(message, 0))

function* failing(): Generator<Uint8Array> {
  yield header(1)
  throw new Error('a defect')
}

describe('over UDP', () => {
  test('each is sent when it is there, to whoever asked', async () => {
    const [one, other] = [await udpClient(), await udpClient()]
    one.send(query(1))
    await expect.poll(askedIds).toEqual([1])
    other.send(query(2))
    await expect.poll(askedIds).toEqual([1, 2])
    expect(asked[1]?.peer).toEqual({
      transport: 'udp',
      address: '127.0.0.1',
      port: other.address().port,
      local: { host: '127.0.0.1', port: listener.port },
      crowded: false,
    })
    const later = octetsOf(one, 'message')
    keep.get(2)?.(header(2))
    expect(uint16At(await octetsOf(other, 'message'), 0)).toBe(2)
    keep.get(1)?.(header(1))
    expect(uint16At(await later, 0)).toBe(1)
    expect(load.waiting).toBe(0)
  })

  test('a close waits for one that is slow', async () => {
    answer = (message) =>
      new Promise((resolve) => {
        setTimeout(() => resolve(header(uint16At(message, 0))), 500)
      })
    const client = await udpClient()
    client.send(query(1))
    await expect.poll(askedIds).toEqual([1])
    const answered = octetsOf(client, 'message')
    await listener.close()
    expect(uint16At(await answered, 0)).toBe(1)
    listener = await listenDns({ host: '127.0.0.1', port: 0 }, () => undefined, console.error)
  })

  test('when too many wait, a promise more is dropped and counted, while what is answered at once still is', async () => {
    let release: ((value: undefined) => void) | undefined
    const never = new Promise<undefined>((resolve) => {
      release = resolve
    })
    while (!load.crowded) load.wait(never, () => undefined)
    const client = await udpClient()
    client.send(query(1))
    await expect.poll(askedIds).toEqual([1])
    expect(asked[0]?.peer.crowded).toBe(true)
    expect(load.dropped).toBe(1)
    answer = () => header(2)
    client.send(query(2))
    expect(uint16At(await octetsOf(client, 'message'), 0)).toBe(2)
    release?.(undefined)
    await expect.poll(() => load.waiting).toBe(0)
  })

  test('one that fails costs that answer, and is logged once', async () => {
    answer = () => Promise.reject(new Error('a defect'))
    const client = await udpClient()
    for (const id of [1, 2]) client.send(query(id))
    await expect.poll(() => asked.length).toBe(2)
    answer = () => header(3)
    client.send(query(3))
    expect(uint16At(await octetsOf(client, 'message'), 0)).toBe(3)
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('Cannot answer a DNS query: Error: a defect')
    expect(load.waiting).toBe(0)
  })

  test('a zone transfer is no datagram', async () => {
    answer = () => [header(1)]
    const client = await udpClient()
    client.send(query(1))
    await expect.poll(askedIds).toEqual([1])
    answer = () => header(2)
    client.send(query(2))
    expect(uint16At(await octetsOf(client, 'message'), 0)).toBe(2)
  })

  test('what has come before a close is answered, at once or later, also behind a client that has gone', async () => {
    answer = (message, peer) => (uint16At(message, 0) < 300 ? header(uint16At(message, 0)) : promised(message, peer))
    const [client, patient, gone] = [await udpClient(), await udpClient(), await udpClient()]
    const answered: number[] = []
    for (const socket of [client, patient]) socket.on('message', (message) => answered.push(uint16At(message, 0)))
    patient.send(query(300))
    gone.send(query(301))
    await expect.poll(() => asked.length).toBe(2)
    // All in one turn of the loop that both sides share, so that nothing of it is read before the close.
    for (let id = 0; id < 300; id++) client.send(query(id))
    const closed = listener.close()
    await expect.poll(() => answered.length).toBe(300)
    datagrams.splice(datagrams.indexOf(gone), 1)
    gone.close()
    await once(gone, 'close')
    // What the network says of the client that has gone must not take the place of the next answer.
    keep.get(301)?.(header(301))
    keep.get(300)?.(header(300))
    await closed
    expect(answered.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 301 }, (_, id) => id))
    listener = await listenDns({ host: '127.0.0.1', port: 0 }, () => undefined, console.error)
  })
})

describe('over TCP', () => {
  test('several queries of a connection are under way at a time, and answered as their answers come', async () => {
    const socket = await stream()
    socket.write(Buffer.concat([1, 2, 3].map((id) => framed('example.com', id))))
    await expect.poll(askedIds).toEqual([1, 2, 3])
    for (const id of [3, 1, 2]) keep.get(id)?.(header(id))
    expect(idsOf(await messages(socket, 3))).toEqual([3, 1, 2])
  })

  test('but not more than 64; the next is taken when one of them is answered', async () => {
    const socket = await stream()
    socket.write(Buffer.concat(Array.from({ length: 100 }, (_, id) => framed('example.com', id))))
    await expect.poll(() => asked.length).toBe(64)
    // Time for more, if it took more.
    const other = await stream()
    other.write(framed('example.com', 1000))
    await expect.poll(() => asked.length).toBe(65)
    keep.get(10)?.(header(10))
    await expect.poll(askedIds).toContain(64)
    expect(asked).toHaveLength(66)
    // One that gets no answer makes room as well.
    keep.get(11)?.(undefined)
    await expect.poll(askedIds).toContain(65)
  })

  test('a client that has closed its half gets what it waits for, and then the end', async () => {
    const socket = await stream()
    socket.end(Buffer.concat([framed('example.com', 1), framed('example.com', 2)]))
    await expect.poll(askedIds).toEqual([1, 2])
    const closed = closing(socket)
    keep.get(2)?.(header(2))
    expect(idsOf(await messages(socket, 1))).toEqual([2])
    keep.get(1)?.(header(1))
    expect(idsOf(await messages(socket, 1))).toEqual([1])
    await closed
    await expect.poll(() => load.connections.size).toBe(0)
  })

  test.each(['FIN', 'RST'] as const)(
    'a client that leaves with a %s while answers are awaited is no event',
    async (how) => {
      const socket = await stream()
      socket.write(framed('example.com', 1))
      await expect.poll(askedIds).toEqual([1])
      if (how === 'FIN') socket.destroy()
      else socket.resetAndDestroy()
      keep.get(1)?.(header(1))
      await expect.poll(() => load.connections.size).toBe(0)
      expect(load.waiting).toBe(0)
      expect(logged).toEqual([])
    },
  )

  test('a promise that is never kept does not keep the connection', { timeout: 20_000 }, async () => {
    const socket = await stream()
    socket.write(framed('example.com', 1))
    const start = performance.now()
    await closing(socket.resume())
    expect(performance.now() - start).toBeGreaterThan(9000)
    expect(performance.now() - start).toBeLessThan(15_000)
  })

  test('close sends what is awaited, and then the end', async () => {
    const socket = await stream()
    socket.write(framed('example.com', 1))
    await expect.poll(askedIds).toEqual([1])
    const closed = listener.close()
    const ended = closing(socket)
    keep.get(1)?.(header(1))
    expect(idsOf(await messages(socket, 1))).toEqual([1])
    await Promise.all([closed, ended])
    listener = await listenDns({ host: '127.0.0.1', port: 0 }, () => undefined, console.error)
  })
})

describe('a zone transfer', () => {
  const size = 50_000
  const count = 400

  /** Messages of `size` octets, 20 MB in all; tells how many were made, and whether it was ended. */
  function transfer(): { readonly messages: Iterable<Uint8Array>; made: number; ended: boolean } {
    const state = { made: 0, ended: false, messages: numbered() }
    function* numbered(): Generator<Uint8Array> {
      try {
        for (let i = 0; i < count; i++) {
          const message = new Uint8Array(size)
          message[0] = i >> 8
          message[1] = i
          state.made++
          yield message
        }
      } finally {
        state.ended = true
      }
    }
    return state
  }

  test('is made no faster than the client takes it, and comes whole', async () => {
    const zone = transfer()
    answer = () => zone.messages
    const socket = await stream()
    socket.pause()
    socket.write(framed('example.com', 1))
    await expect.poll(() => zone.made).toBeGreaterThan(0)
    // The kernel's own buffers take some MB; while they are full nothing more is made.
    let before
    do {
      before = zone.made
      const other = await stream()
      other.destroy()
      await expect.poll(() => load.connections.size).toBe(1)
    } while (zone.made !== before)
    expect(zone.made).toBeLessThan(count)
    const octets: Buffer[] = []
    socket.on('data', (chunk) => octets.push(chunk)).resume()
    await expect.poll(() => zone.ended, { timeout: 10_000 }).toBe(true)
    socket.end()
    await closing(socket)
    const whole = Buffer.concat(octets)
    expect(whole).toHaveLength(count * (2 + size))
    const ids = Array.from({ length: count }, (_, i) => uint16At(whole, i * (2 + size) + 2))
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('lets other queries of the connection through, and the next transfer after it', async () => {
    answer = (message) => {
      switch (uint16At(message, 0)) {
        case 1:
          return Promise.resolve([header(10), header(11), header(12)])
        case 2:
          return [header(20), header(21)]
        default:
          return header(30)
      }
    }
    const socket = await stream()
    socket.end(Buffer.concat([1, 2, 3].map((id) => framed('example.com', id))))
    const ids = idsOf(await messages(socket, 6))
    expect(ids.filter((id) => id >= 10 && id < 20)).toEqual([10, 11, 12])
    expect(ids.filter((id) => id >= 20 && id < 30)).toEqual([20, 21])
    expect(ids).toContain(30)
  })

  test('that fails ends the connection: what came must not pass for the whole zone', async () => {
    answer = failing
    const socket = await stream()
    socket.write(framed('example.com', 1))
    const closed = closing(socket)
    expect(idsOf(await messages(socket, 1))).toEqual([1])
    await closed
    expect(logged).toHaveLength(1)
  })

  test('is given up when the client leaves', async () => {
    const zone = transfer()
    answer = () => zone.messages
    const socket = await stream()
    socket.write(framed('example.com', 1))
    await messages(socket, 1)
    socket.destroy()
    await expect.poll(() => zone.ended).toBe(true)
    expect(zone.made).toBeLessThan(count)
  })
})
