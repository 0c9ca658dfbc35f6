/**
 * A tiny server and client that run inside a network namespace, as a process of their own:
 *
 *     peer serve NAME [--host ADDRESS]... [--tcp PORT]... [--udp PORT]...
 *     peer connect tcp|udp ADDRESS PORT COUNT [--concurrency N] [--timeout MS] [--pause MS] [--source ADDRESS]
 *     peer loop tcp|udp ADDRESS PORT [the same]
 *     peer batch
 *     peer client
 *
 * `serve`, `loop` and `client` print `ready` when they are, and end when standard input does, so that they never outlive the
 * lab. `connect` and `loop` end with a summary as one line of JSON. `batch` makes what a list of {@link Attempts} in JSON
 * on standard input asks for, all at once, and prints their summaries as one line; `client` does so for each line. The file
 * imports nothing but Node and its own siblings: it runs from source as it is, and bundled as one file.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { text } from 'node:stream/consumers'
import { connectTimes, connectWhile, type Attempts, type Pace, type Target } from './peer-client.ts'
import { everyAddress, serve } from './peer-server.ts'
import type { Summary } from './summary.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', multiple: true, default: [...everyAddress] },
    tcp: { type: 'string', multiple: true, default: [] },
    udp: { type: 'string', multiple: true, default: [] },
    concurrency: { type: 'string', default: '1' },
    timeout: { type: 'string', default: '2000' },
    pause: { type: 'string', default: '0' },
    source: { type: 'string' },
  },
})
const [mode = '', ...rest] = positionals
switch (mode) {
  case 'serve':
    await runServer(rest[0] ?? '')
    break
  case 'connect':
    print(await runConnect(Number(rest[3])))
    break
  case 'loop':
    print(await runLoop())
    break
  case 'batch':
    print(await runBatch(await text(process.stdin)))
    break
  case 'client':
    await runClient()
    break
  default:
    throw new SyntaxError(`Cannot run the peer as "${mode}": it knows serve, connect, loop, batch and client`)
}

async function runServer(name: string): Promise<void> {
  await serve(name, values.host, values.tcp.map(Number), values.udp.map(Number))
  console.log('ready')
  await inputEnd()
  process.exit()
}

async function runConnect(count: number): Promise<Summary> {
  return connectTimes({ ...target(), ...pace(), count })
}

async function runBatch(line: string): Promise<readonly Summary[]> {
  const batch: readonly Attempts[] = JSON.parse(line)
  return Promise.all(batch.map(connectTimes))
}

async function runClient(): Promise<void> {
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) print(await runBatch(line))
}

async function runLoop(): Promise<Summary> {
  let stopped = false
  void inputEnd().then(() => (stopped = true))
  let started = 0
  const more = (): boolean => {
    // The first worker to come back has ended its first attempt: from here on the loop is going round.
    if (started++ === pace().concurrency) console.log('ready')
    return !stopped
  }
  return connectWhile(more, target(), pace())
}

function target(): Target {
  const [protocol = '', address = '', port = ''] = rest
  if (protocol !== 'tcp' && protocol !== 'udp') throw new SyntaxError(`Cannot connect by "${protocol}": tcp or udp`)
  return { protocol, address, port: Number(port), ...(values.source !== undefined && { source: values.source }) }
}

function pace(): Pace {
  return { concurrency: Number(values.concurrency), timeout: Number(values.timeout), pause: Number(values.pause) }
}

async function inputEnd(): Promise<void> {
  await once(process.stdin.resume(), 'end')
}

function print(result: Summary | readonly Summary[]): void {
  console.log(JSON.stringify(result))
}
