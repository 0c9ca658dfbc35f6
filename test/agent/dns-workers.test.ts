import { execFileSync } from 'node:child_process'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DnsWorkers } from '../../src/agent/dns-workers.ts'
import { encodeQuery, octetsOf } from '../dns/codec.ts'
import { dig } from '../dns/dig.ts'
import { closing, connectTo, framed, messages } from '../dns/stream-client.ts'
import type { LogLine } from '../support/agent.ts'
import type { TrialSetup } from './trial-dns-worker.ts'

const entry = new URL('trial-dns-worker.ts', import.meta.url)
const anywhere = [{ host: '127.0.0.1', port: 0 }]
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

let lines: LogLine[]
let workers: DnsWorkers<TrialSetup, TrialSetup>
let clients: UdpSocket[]

beforeEach(() => {
  lines = []
  clients = []
})

afterEach(async () => {
  for (const client of clients) client.close()
  await workers.stop()
})

function make(count: number, setup: () => TrialSetup, listen = anywhere): typeof workers {
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) })
  workers = new DnsWorkers({ count, listen, setup, entry, print: () => undefined }, log)
  return workers
}

async function start(count: number, rcode = 0): Promise<number> {
  const [address] = await make(count, () => ({ rcode })).start()
  return address?.port ?? 0
}

async function udpClient(port: number, host = '127.0.0.1'): Promise<UdpSocket> {
  const socket = createSocket('udp4')
  clients.push(socket)
  socket.connect(port, host)
  await once(socket, 'connect')
  return socket
}

/** The rcode that a worker answers with, asked by a client of its own: the kernel chooses a worker for each. */
async function rcodeAt(port: number, host?: string): Promise<string | undefined> {
  const client = await udpClient(port, host)
  client.send(encodeQuery('example.com', 'A'))
  const answer = await octetsOf(client, 'message')
  return codes[(answer[3] ?? 0) & 15]
}

/** Those that so many clients get. */
async function rcodesAt(port: number, count = 40): Promise<ReadonlySet<string | undefined>> {
  return new Set(await Promise.all(Array.from({ length: count }, () => rcodeAt(port))))
}

/** Whether a connection can be made. */
async function tcpAt(port: number, host?: string): Promise<string> {
  try {
    const stream = await connectTo(port, host)
    stream.destroy()
    return 'open'
  } catch (error) {
    return String(error)
  }
}

const ask = async (port: number, name: string) => (await udpClient(port)).send(encodeQuery(name, 'A'))
const errors = () => lines.filter(({ level }) => level === 50)

test('workers share a port, each answers some clients, and all tell their figures', async () => {
  const port = await start(3)
  expect(await rcodesAt(port, 60)).toEqual(new Set(['NOERROR']))
  const figures = await workers.collect()
  expect(figures).toHaveLength(3)
  const queries = figures.map((one) => Number(/"queries":(\d+)/.exec(JSON.stringify(one))?.[1]))
  expect(queries.every((count) => count > 0)).toBe(true)
  expect(queries.reduce((sum, count) => sum + count)).toBe(60)
  expect(figures[0]).toMatchObject({ sockets: { waiting: 0, dropped: 0, connections: 0, evicted: 0 } })
})

test('they answer while this thread does nothing but wait', async () => {
  const port = await start(1, 3)
  for (const transport of ['+notcp', '+tcp']) {
    // Nothing of this thread runs until dig has ended.
    const text = execFileSync('dig', [
      '@127.0.0.1',
      '-p',
      String(port),
      '+tries=1',
      '+time=5',
      transport,
      'example.com',
    ])
    expect(text.toString()).toContain('status: NXDOMAIN')
  }
})

test('a change reaches all', async () => {
  const port = await start(3, 2)
  expect(await rcodesAt(port)).toEqual(new Set(['SERVFAIL']))
  await workers.change({ rcode: 3 })
  // The reply comes behind the change.
  await workers.collect()
  await expect.poll(() => rcodesAt(port)).toEqual(new Set(['NXDOMAIN']))
})

test('an update exchanges the answers under open connections, and loses no query', async () => {
  const port = await start(2, 2)
  const listen = [{ host: '127.0.0.1', port }]
  const stream = await connectTo(port)
  const rcode = async () => {
    stream.write(framed('example.com'))
    const [answer] = await messages(stream, 1)
    return (answer?.[3] ?? 0) & 15
  }
  expect(await rcode()).toBe(2)
  const state = { updating: true }
  const updates = (async () => {
    for (const next of [4, 5, 3]) expect(await workers.update(() => ({ rcode: next }), listen)).toEqual(listen)
    state.updating = false
  })()
  const client = await udpClient(port)
  // One at a time: an answer that is lost ends the test.
  while (state.updating) {
    client.send(encodeQuery('example.com', 'A'))
    await octetsOf(client, 'message')
  }
  await updates
  expect(await rcode()).toBe(3)
  expect(await rcodesAt(port)).toEqual(new Set(['NXDOMAIN']))
  stream.destroy()
  expect(lines.map(({ msg }) => msg)).toContain('rcode 2 is no longer the answer')
})

test('an update opens new addresses, keeps those that stay and answers what has come at those that go', async () => {
  const port = await start(2, 2)
  const both = [
    { host: '127.0.0.1', port },
    { host: '127.0.0.2', port },
  ]
  expect(await workers.update(() => ({ rcode: 3 }), both)).toEqual(both)
  expect([await rcodeAt(port), await rcodeAt(port, '127.0.0.2')]).toEqual(['NXDOMAIN', 'NXDOMAIN'])
  const slow = await udpClient(port)
  slow.send(encodeQuery('slow', 'A'))
  const stream = await connectTo(port)
  stream.write(framed('example.com'))
  await messages(stream, 1)
  const closed = closing(stream.resume())
  const answer = octetsOf(slow, 'message')
  await workers.update(() => ({ rcode: 5 }), both.slice(1))
  expect(await rcodeAt(port, '127.0.0.2')).toBe('REFUSED')
  await answer
  await closed
  await expect.poll(() => tcpAt(port)).toContain('ECONNREFUSED')
})

test('an update that cannot be changes nothing', async () => {
  const port = await start(1, 2)
  const here = { host: '127.0.0.1', port }
  const gone = { host: '192.0.2.77', port }
  await expect(workers.update(() => ({ rcode: 3 }), [here, { host: '127.0.0.2', port }, gone])).rejects.toThrow(
    `Cannot listen for DNS on 192.0.2.77 port ${port}: no interface of this node has that address`,
  )
  await expect(workers.update(() => ({ rcode: 99 }), [here])).rejects.toThrow(
    'Cannot answer with rcode 99: expected 0 to 15',
  )
  // What was opened for nothing is closed again.
  await expect.poll(() => tcpAt(port, '127.0.0.2')).toContain('ECONNREFUSED')
  expect(await tcpAt(port)).toBe('open')
  expect(await rcodesAt(port)).toEqual(new Set(['SERVFAIL']))
  expect(workers.restarts).toBe(0)
})

test('one that fails is named, counted and started anew, while the others go on', async () => {
  const port = await start(2, 3)
  await ask(port, 'crash')
  await expect.poll(() => workers.restarts).toBe(1)
  expect(errors()[0]?.['msg']).toContain(
    'A DNS worker is started anew, because the last ended: Error: a defect\n    at ',
  )
  expect(errors()[0]).toMatchObject({ inMs: 0 })
  await expect.poll(async () => (await workers.collect()).length, { timeout: 10_000 }).toBe(2)
  expect(await rcodesAt(port)).toEqual(new Set(['NXDOMAIN']))
  await ask(port, 'exit')
  await expect.poll(() => workers.restarts).toBe(2)
  expect(errors()[1]?.['msg']).toContain('it exited with code 3')
  await expect.poll(async () => (await workers.collect()).length, { timeout: 10_000 }).toBe(2)
})

test('the next one answers from what holds then; one that fails again and again is started ever later', async () => {
  let rcode = 0
  const [address] = await make(1, () => ({ rcode })).start()
  const port = address?.port ?? 0
  rcode = 99
  await ask(port, 'crash')
  await expect.poll(() => errors().map(({ inMs }) => inMs), { timeout: 20_000 }).toEqual([0, 100, 200, 400])
  expect(errors()[1]?.['msg']).toContain('Cannot answer with rcode 99')
  rcode = 5
  await expect.poll(async () => (await workers.collect()).length, { timeout: 10_000 }).toBe(1)
  expect(await rcodeAt(port)).toBe('REFUSED')
})

test('one that is started anew during an update goes by it too', async () => {
  let setup: TrialSetup = { rcode: 2 }
  const [address = { host: '', port: 0 }] = await make(2, () => setup).start()
  setup = { rcode: 99 }
  await ask(address.port, 'crash')
  await expect.poll(() => errors().length, { timeout: 20_000 }).toBe(4)
  // The one that is left takes longer over the update than the other to be there again, with what held before.
  setup = { rcode: 2 }
  await workers.update(() => ({ rcode: 3, afterMs: 2000 }), [address])
  expect(await workers.collect()).toHaveLength(2)
  expect(await rcodesAt(address.port)).toEqual(new Set(['NXDOMAIN']))
})

test('figures do not wait for a worker that is busy', async () => {
  const port = await start(2)
  await ask(port, 'busy')
  await expect.poll(() => lines.map(({ msg }) => msg)).toContain('busy from now on')
  const began = performance.now()
  expect(await workers.collect()).toHaveLength(1)
  expect(performance.now() - began).toBeLessThan(2500)
  await expect.poll(async () => (await workers.collect()).length, { timeout: 10_000 }).toBe(2)
})

test('what they log is in the log, with the worker; what is too much is counted', async () => {
  const port = await start(1)
  await ask(port, 'line')
  await expect.poll(() => lines.at(-1)?.['msg']).toMatch(/lines were lost/)
  const written = lines.filter(({ msg }) => String(msg).startsWith('line '))
  const [lost] = /\d+/.exec(String(lines.at(-1)?.['msg'])) ?? []
  expect(written.length + Number(lost)).toBe(3000)
  expect(written.length).toBeLessThan(1100)
  expect(written[0]).toMatchObject({ level: 30, worker: 1, msg: 'line 0' })
})

test('a start that cannot be is a sentence, and leaves nothing', async () => {
  const other = createSocket('udp4').bind(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address()
  const taken = make(2, () => ({ rcode: 0 }), [...anywhere, { host: '127.0.0.1', port }])
  await expect(taken.start()).rejects.toThrow(`port ${port}: another process already listens there`)
  other.close()
  expect(await taken.collect()).toEqual([])
})

test('a stop waits for what is under way', async () => {
  const port = await start(2)
  const client = await udpClient(port)
  client.send(encodeQuery('slow', 'A'))
  await expect.poll(async () => JSON.stringify(await workers.collect())).toContain('"waiting":1')
  const answer = octetsOf(client, 'message')
  await workers.stop()
  expect(((await answer)[2] ?? 0) & 0x80).toBe(0x80)
  await expect(dig(port, 'example.com', '+time=1')).rejects.toThrow('Command failed')
})
