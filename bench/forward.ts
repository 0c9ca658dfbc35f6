/**
 * What a forwarded query and an answer from the cache cost, in processor time of our process, beside a plain UDP exchange
 * over one socket: what Node and the kernel take without us. The server is a process of its own that sends each query
 * back as its answer.
 */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { cacheDefaults } from '../src/dns/cache-options.ts'
import { cacheQuestion } from '../src/dns/cache-question.ts'
import { CachedAnswers } from '../src/dns/cached-answers.ts'
import { forwardDefaults } from '../src/dns/forward-options.ts'
import { forwardQuery } from '../src/dns/forward-query.ts'
import { Forwarder } from '../src/dns/forwarder.ts'
import { encodeMessage } from '../src/dns/message-encoder.ts'
import type { Message } from '../src/dns/message.ts'
import { readQuery, type Query } from '../src/dns/query.ts'
import { wireAnswer, writeAnswer } from '../src/dns/wire-answer.ts'
import { systemEnvironment } from '../src/host/environment.ts'
import { Upstream } from '../src/host/upstream.ts'
import { replyWith } from '../test/dns/replies.ts'

const rounds = 3
const queries = 20_000
/** Queries that are under way at a time. */
const atATime = 16
const names = 1000

const environment = { ...systemEnvironment, observe: () => {} }
const [, file = '', role = ''] = process.argv
if (role === 'serve') await serve()
else await measure()

/** Sends everything back with the QR bit set, over UDP and TCP. */
async function serve(): Promise<void> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 * 1024 * 1024,
    lookup: (host, _, done) => done(null, host, 4),
  })
  socket.on('message', (query, { port, address }) => {
    query[2] = (query[2] ?? 0) | 0x80
    socket.send(query, port, address)
  })
  const listening = once(socket, 'listening')
  socket.bind(0, '127.0.0.1')
  await listening
  const { port } = socket.address()
  const server = createServer({ noDelay: true }, (connected) => {
    connected.on('data', (frames: Uint8Array) => {
      // One query at a time.
      frames[4] = (frames[4] ?? 0) | 0x80
      connected.write(frames)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  console.log(port)
}

interface Client {
  readonly message: Uint8Array
  readonly query: Query
}

async function measure(): Promise<void> {
  const child = spawn(process.execPath, [file, 'serve'])
  const [line] = await once(child.stdout, 'data')
  const port = Number(String(line))
  const upstream = new Upstream({ host: '127.0.0.1', port })
  try {
    const plain = plainClient(port)
    const ways = {
      'plain UDP exchange over one socket': plain.ask,
      'plain UDP exchange over a socket of its own': freshClient(port),
      'forwarded over UDP': forwardWith(upstream, 'udp'),
      'forwarded over TCP': forwardWith(upstream, 'tcp'),
      'miss in the cache, forwarded over UDP': missWith(upstream),
      'hit in the cache': await hitWith(),
    }
    const costs = Object.keys(ways).map((): number[] => [])
    // In turn, so that a slow moment of the machine meets all.
    for (let round = -1; round < rounds; round++) {
      for (const [i, ask] of Object.values(ways).entries()) {
        const cost = await costOf(ask)
        if (round >= 0) costs[i]?.push(cost)
      }
    }
    const [least = Number.NaN] = costs.map(median)
    for (const [i, name] of Object.keys(ways).entries()) {
      const cost = median(costs[i] ?? [])
      console.log(
        `forward: ${name}: ${cost.toFixed(1)} us CPU, ${(cost / least).toFixed(2)} of the plain exchange (medians of ${rounds})`,
      )
    }
    plain.close()
  } finally {
    upstream.close()
    child.kill()
  }
}

/** Microseconds of user and system time for each query. */
async function costOf(ask: (client: Client) => Promise<unknown> | Uint8Array): Promise<number> {
  const clients = Array.from({ length: names }, (_, i) => clientOf(`service-${i}.example.com.`))
  let left = queries
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const answered = ask(clients[left % names] ?? clientOf('.'))
      if (answered instanceof Promise) await answered
    }
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: atATime }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / queries
}

function plainClient(port: number): { readonly ask: (client: Client) => Promise<void>; readonly close: () => void } {
  const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) })
  const waiting: (() => void)[] = []
  socket.on('message', () => waiting.shift()?.())
  const ask = ({ message }: Client): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      socket.send(message, port, '127.0.0.1')
    })
  return { ask, close: () => socket.close() }
}

/** The same with a socket for each, on whatever port the kernel gives it. */
function freshClient(port: number): (client: Client) => Promise<void> {
  return ({ message }) =>
    new Promise((resolve) => {
      const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) })
      socket.once('message', () => {
        socket.close()
        resolve()
      })
      socket.connect(port, '127.0.0.1', () => socket.send(message))
    })
}

/** All that a server does with a query between receiving it and sending the answer. */
function forwardWith(upstream: Upstream, transport: 'udp' | 'tcp'): (client: Client) => Promise<Uint8Array> {
  const forwarder = new Forwarder([upstream], forwardDefaults, environment)
  return async ({ message }) => {
    const query = read(message)
    const result = await forwarder.forward(forwardQuery(message, query), transport)
    if (!('reply' in result)) throw new Error('no reply')
    return writeAnswer(wireAnswer(result.reply), message, query, 'udp')
  }
}

function missWith(upstream: Upstream): (client: Client) => Promise<Uint8Array> {
  const forwarder = new Forwarder([upstream], forwardDefaults, environment)
  const answers = new CachedAnswers(cacheDefaults, environment)
  return async ({ message }) => {
    const query = read(message)
    // The empty answers of the server are none that a cache keeps.
    const answer = await answers.answer(cacheQuestion(message, query, ''), async () => {
      const forwarded = forwardQuery(message, query)
      const result = await forwarder.forward(forwarded, 'udp')
      return 'reply' in result ? { reply: result.reply, personal: forwarded.personal } : undefined
    })
    if (!answer) throw new Error('no answer')
    return writeAnswer(answer.answer, message, query, 'udp', answer)
  }
}

async function hitWith(): Promise<(client: Client) => Uint8Array> {
  const answers = new CachedAnswers(cacheDefaults, environment)
  for (let i = 0; i < names; i++) {
    const { message, query } = clientOf(`service-${i}.example.com.`)
    const asked = Promise.resolve({ reply: replyTo(query), personal: false })
    await answers.answer(cacheQuestion(message, query, ''), () => asked)
  }
  return ({ message }) => {
    const query = read(message)
    const answer = answers.answer(cacheQuestion(message, query, ''), () => Promise.resolve(undefined))
    if (answer instanceof Promise) throw new Error('no hit')
    return writeAnswer(answer.answer, message, query, 'udp', answer)
  }
}

function clientOf(name: string): Client {
  const edns = { udpSize: 1232, version: 0, dnssecOk: false, options: new Uint8Array() }
  const message = encodeMessage({ ...replyTo({ name, type: 1, class: 1 }), response: false, answers: [], edns })
  return { message, query: read(message) }
}

function read(message: Uint8Array): Query {
  const query = readQuery(message, 'udp')
  if (query.kind !== 'query') throw new Error('no query')
  return query
}

/** Two addresses for five minutes. */
function replyTo({ name, type, class: recordClass }: Pick<Query, 'name' | 'type' | 'class'>): Message {
  const answer = { owner: name, type: 1, class: 1, ttl: 300 }
  return replyWith({
    questions: [{ name, type, class: recordClass }],
    answers: [1, 2].map((last) => ({ ...answer, data: Uint8Array.of(192, 0, 2, last) })),
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
