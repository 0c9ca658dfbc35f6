import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { summarize, type Outcome, type Reply, type Summary } from './summary.ts'

export interface Target {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
  /** The address to connect from; absent lets the kernel choose. */
  readonly source?: string
}

/** How to try; both times are in milliseconds. */
export interface Pace {
  readonly concurrency: number
  /** For each attempt. */
  readonly timeout: number
  /** From the end of an attempt to the next; absent: none. */
  readonly pause?: number
}

/** What to connect to, how, and how often. */
export interface Attempts extends Target, Pace {
  readonly count: number
}

export async function connectTimes({ count, ...attempts }: Attempts): Promise<Summary> {
  let started = 0
  return connectWhile(() => started++ < count, attempts, attempts)
}

/** Connects again and again, `concurrency` at a time, for as long as `more` says so. */
export async function connectWhile(
  more: () => boolean,
  target: Target,
  { concurrency, timeout, pause = 0 }: Pace,
): Promise<Summary> {
  const start = performance.now()
  const outcomes: Outcome[] = []
  const worker = async (): Promise<void> => {
    while (more()) {
      outcomes.push(await attempt(target, timeout))
      if (pause > 0) await delay(pause)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return summarize(outcomes, performance.now() - start)
}

/** One new connection, or one datagram from a new socket: to the kernel a new flow, so a new choice of endpoint. */
async function attempt(target: Target, timeout: number): Promise<Outcome> {
  const signal = AbortSignal.timeout(timeout)
  try {
    const line = target.protocol === 'tcp' ? await askTcp(target, signal) : await askUdp(target, signal)
    return line === '' ? { kind: 'error', code: 'closed without a reply' } : { kind: 'reply', reply: parseReply(line) }
  } catch (error) {
    if (signal.aborted) return { kind: 'timeout' }
    const code = codeOf(error)
    return code === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'error', code }
  }
}

async function askTcp({ address, port, source }: Target, signal: AbortSignal): Promise<string> {
  const from = source === undefined ? {} : { localAddress: source }
  const socket = connect({ host: address, port, signal, ...from })
  return text(socket)
}

/** Milliseconds until a datagram is sent again: a machine that is busy may lose one, or the word that it was refused. */
const againAfter = 1000

async function askUdp({ address, port, source }: Target, signal: AbortSignal): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => reject(new Error('no reply')))
  socket.on('error', reject)
  socket.on('message', (message) => resolve(message.toString()))
  let again: NodeJS.Timeout | undefined
  socket.bind({ ...(source !== undefined && { address: source }) }, () =>
    // Only a connected socket hears of the ICMP "port unreachable" that refuses it.
    socket.connect(port, address, () => {
      socket.send('?')
      again = setInterval(() => socket.send('?'), againAfter)
    }),
  )
  return promise.finally(() => {
    clearInterval(again)
    socket.close()
  })
}

function parseReply(line: string): Reply {
  const reply: Reply = JSON.parse(line)
  return reply
}

/** Node's error code, e.g. `EHOSTUNREACH`. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
