/**
 * The table of 10,000 services with 100,000 endpoints: what it takes, what one changed service costs, how long until a
 * thread that answers says what is new, and processor time per answer without a socket.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { ClusterStore } from '../src/agent/cluster-store.ts'
import { DnsTable } from '../src/agent/dns-table.ts'
import { parseManifests } from '../src/agent/manifest-text.ts'
import { answerQuery } from '../src/dns/answer.ts'
import { ZoneReader } from '../src/dns/zone-reader.ts'
import { nameBytes } from '../src/dns/name.ts'
import { entrySize } from '../src/dns/table/entry.ts'
import type { ModelObject } from '../src/model/object.ts'
import { answerStraight } from '../test/dns/straight.ts'
import { benchObjects, benchSlice } from './cluster.ts'

const services = 10_000
const endpoints = 10
const changes = 200
const options = { domain: 'cluster.local', ttl: 5 }

/** Words that both threads know: the newest serial that the other has answered from, and whether all is over. */
const control = { answered: 0, over: 1 } as const

interface ThreadData {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  /** When that was, in milliseconds since 1970. */
  readonly answeredAt: Float64Array
}

if (isMainThread) await measure()
else answerUntilOver()

async function measure(): Promise<void> {
  const store = new ClusterStore(parsed(benchObjects(services, endpoints)))
  await collectGarbage()
  const before = { rss: residentBytes(), heap: process.memoryUsage().heapUsed }
  const start = performance.now()
  const table = new DnsTable(store, options)
  await table.commit(1)
  console.log(`table: built in ${Math.round(performance.now() - start)} ms`)
  await collectGarbage()
  const [heap, rss] = [process.memoryUsage().heapUsed - before.heap, residentBytes() - before.rss]
  console.log(
    `table: ${mebibytes(usedBytes(table))} of records; process ${mebibytes(rss)} larger, heap ${mebibytes(heap)} larger`,
  )
  await measureChanges(store, table)
  measureAnswers(table)
}

async function measureChanges(store: ClusterStore, table: DnsTable): Promise<void> {
  const words = new Int32Array(new SharedArrayBuffer(8))
  const answeredAt = new Float64Array(new SharedArrayBuffer(8))
  const data: ThreadData = { buffer: table.zone.buffer, words, answeredAt }
  const worker = new Worker(new URL(import.meta.url), { workerData: data })
  const [work, untilAnswered]: [number[], number[]] = [[], []]
  Atomics.wait(words, control.answered, 0)
  for (let serial = 2; serial < changes + 2; serial++) {
    const [slice] = parsed([benchSlice(serial, endpoints, serial)])
    if (slice === undefined) throw new TypeError('no slice')
    const start = now()
    table.touch(store.put(slice))
    await table.commit(serial)
    work.push(now() - start)
    while (Atomics.load(words, control.answered) < serial) Atomics.wait(words, control.answered, serial - 1)
    untilAnswered.push((answeredAt[0] ?? Number.NaN) - start)
  }
  Atomics.store(words, control.over, 1)
  await once(worker, 'exit')
  console.log(`table: one endpoint replaced: ${show(work)} of work`)
  console.log(`table: until another thread, which is busy, answers so: ${show(untilAnswered)}`)
}

/** Answers one question after the other, and tells when the first answer of a new serial was ready. */
function answerUntilOver(): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the main thread gives it
  const { buffer, words, answeredAt } = workerData as ThreadData
  const reader = new ZoneReader(options, buffer)
  const [question = new Uint8Array()] = questions('')
  for (let last = 0; Atomics.load(words, control.over) === 0;) {
    const { view } = reader
    answerStraight(view, question, 'udp')
    if (view.serial === last) continue
    last = view.serial
    answeredAt[0] = now()
    Atomics.store(words, control.answered, last)
    Atomics.notify(words, control.answered)
  }
}

function measureAnswers(table: DnsTable): void {
  const view = new ZoneReader(options, table.zone.buffer).view
  for (const [kind, asked] of [
    ['an address', questions('')],
    ['a name of the search list that does not exist', questions('example.com.')],
  ] as const) {
    const [direct, full] = [answerStraight, answerQuery].map((answer) => {
      const ask = (): void => asked.forEach((question) => answer(view, question, 'udp'))
      for (let i = 0; i < 20; i++) ask()
      const before = process.cpuUsage()
      for (let i = 0; i < 20; i++) ask()
      const { user, system } = process.cpuUsage(before)
      return ((user + system) / 20 / asked.length).toFixed(2)
    })
    console.log(`table: ${kind}: ${direct} us directly, ${full} us the long way`)
  }
}

/** For the address of each service, or of a name below its namespace. */
function questions(front: string): readonly Uint8Array[] {
  return Array.from({ length: services }, (_, i) => {
    const labels = `${front}${front === '' ? `service-${i}` : i}.bench-${i % 100}.svc.cluster.local.`
    const name = nameBytes(labels) ?? new Uint8Array(1)
    return Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 1, 0, 1)
  })
}

function parsed(objects: readonly object[]): readonly ModelObject[] {
  const text = JSON.stringify({ kind: 'List', items: objects })
  return parseManifests(text, 'bench').objects.map(({ object }) => object)
}

/** Without what the buffer has free. */
function usedBytes({ zone }: DnsTable): number {
  const { image, generation } = zone.table
  let words = image.start
  for (const entry of image.entries(generation)) words += entrySize(image.words, entry)
  return 4 * words
}

function show(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

function residentBytes(): number {
  const [, kibibytes] = /VmRSS:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}

async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run it with node --expose-gc')
  // Functions that have returned may leave their values in registers, and what one collection frees may hold more.
  for (let i = 0; i < 3; i++) {
    await setImmediate()
    globalThis.gc()
  }
}
