import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { recordTypes } from '../../src/dns/record-type.ts'
import { listenDns } from '../../src/host/dns-listener.ts'
import { decodeMessage, encodeQuery, octetsOf, opt } from './codec.ts'
import { dig } from './dig.ts'
import { zone } from './fixture.ts'
import { randomMessage, randomNumbers } from './random.ts'

const names = [...zone.owners.keys()].filter((name) => !/^10-9-|\.9\.10\.in-addr/.test(name))
const good = names.flatMap((name, i) =>
  Object.keys(recordTypes).map((type, j) => {
    const edns = opt({ udpPayloadSize: 512 + i * 16, options: [{ code: 10, data: Buffer.alloc(8) }] })
    return encodeQuery(name.slice(0, -1), type, { id: i, additionals: j % 2 === 0 ? [] : edns })
  }),
)

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

test('200,000 random and damaged messages: no throw, no large answer, no memory kept', { timeout: 60_000 }, () => {
  const random = randomNumbers(42)
  const unsound: string[] = []
  let answered = 0
  let slowest = 0
  let heapBefore = 0
  for (let i = 0; i < 200_000; i++) {
    // The first tenth fills what is made once per RRset.
    if (i === 20_000) heapBefore = heapAfterGc()
    const message = randomMessage(random, good)
    const transport = random(2) === 0 ? 'udp' : 'tcp'
    const start = performance.now()
    const answer = answerQuery(zone, message, transport)
    slowest = Math.max(slowest, performance.now() - start)
    if (answer === undefined) continue
    answered++
    if (!isSound(message, answer, transport)) unsound.push(hex(message))
    // An independent decoder reads every so many of them; it is slower than we are, and throws at what is wrong.
    if (i % 20 === 0) decodeMessage(answer)
  }
  expect(unsound).toEqual([])
  expect(answered).toBeGreaterThan(100_000)
  // Far above what any answer takes, and far below a hang; a busy machine may interrupt any of them.
  expect(slowest).toBeLessThan(500)
  expect(heapAfterGc() - heapBefore).toBeLessThan(2_000_000)
})

test('the longest chains and largest counts cost no more than a look', () => {
  const header = [0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 2]
  const pointers = Uint8Array.from([
    ...header,
    ...Array.from({ length: 32_000 }, (_, i) => [0xc0 | (((i * 2) >> 8) & 63), (i * 2) & 255]).flat(),
  ])
  const labels = Uint8Array.from([
    ...header,
    0,
    0,
    1,
    0,
    1,
    ...Array.from({ length: 65_000 }, (_, i) => (i % 2 === 0 ? 1 : 97)),
  ])
  const start = performance.now()
  for (let i = 0; i < 100; i++) {
    expect(answerQuery(zone, pointers, 'tcp')).toHaveLength(12)
    expect(answerQuery(zone, labels, 'tcp')).toHaveLength(12)
  }
  expect(performance.now() - start).toBeLessThan(2000)
})

test('3,000 damaged datagrams over a real socket: the server answers afterwards', { timeout: 20_000 }, async () => {
  const logged: string[] = []
  const listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, { transport }) => answerQuery(zone, query, transport),
    (line) => logged.push(line),
  )
  const client = createSocket('udp4')
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  const random = randomNumbers(7)
  const probe = encodeQuery('front.web.svc.cluster.local', 'A', { id: 0xffff })
  const replies = probeReplies(client)
  for (let i = 0; i < 3000; i++) {
    client.send(randomMessage(random, good), listener.port, '127.0.0.1')
    if (i % 100 !== 99) continue
    client.send(probe, listener.port, '127.0.0.1')
    expect((await replies.next()).done).toBe(false)
  }
  expect((await dig(listener.port, 'front.web.svc.cluster.local')).answer).toEqual([
    'front.web.svc.cluster.local. 5 IN A 10.96.0.20',
  ])
  expect(logged).toEqual([])
  client.close()
  await listener.close()
})

/** The answers to the probe among all others. */
async function* probeReplies(client: ReturnType<typeof createSocket>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const reply = await octetsOf(client, 'message')
    if (reply[0] === 0xff && reply[1] === 0xff) yield reply
  }
}

/** A response to this message, of a size that its transport carries. */
function isSound(message: Uint8Array, answer: Uint8Array, transport: 'udp' | 'tcp'): boolean {
  const response = answer[0] === message[0] && answer[1] === message[1] && ((answer[2] ?? 0) & 0x80) !== 0
  return response && answer.length <= (transport === 'udp' ? 1232 : 65535)
}

function heapAfterGc(): number {
  if (typeof collectGarbage === 'function') collectGarbage()
  return process.memoryUsage().heapUsed
}

function hex(message: Uint8Array): string {
  return Buffer.from(message).toString('hex')
}
