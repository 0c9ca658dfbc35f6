// A thread that reads a zone as fast as it can while another one changes it, and tells what it saw that must not be.
import { isMainThread, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { answerQuery } from '../../src/dns/answer.ts'
import { answerStraight } from './straight.ts'
import { ZoneReader } from '../../src/dns/zone-reader.ts'
import type { ZoneView } from '../../src/dns/zone-view.ts'
import { options } from './cluster.ts'
import { decodeMessage, encodeQuery } from './codec.ts'
import { versionedNames } from './versioned-services.ts'

export interface ReaderData {
  readonly buffer: SharedArrayBuffer
  /** What all threads know; see `shared`. */
  readonly control: SharedArrayBuffer
}

export interface ReaderReport {
  readonly reads: number
  /** Different versions that were seen. */
  readonly versions: number
  readonly wrong: readonly string[]
}

/** Places in the memory that all threads share: a version that somebody has seen, the newest there may be, the end. */
export const shared = { seen: 0, begun: 1, over: 2 } as const

/** The two ways to answer, and the questions that come one after the other from one view. */
const ways = [answerStraight, answerQuery] as const
const questions = versionedNames.flatMap((name) => ['A', 'AAAA'].map((type) => encodeQuery(name.slice(0, -1), type)))
const srvQuestion = encodeQuery('_http._tcp.one.web.svc.cluster.local', 'SRV')

if (!isMainThread && parentPort) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the test gives it
  const { buffer, control } = workerData as ReaderData
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
  parentPort.postMessage(readUntilOver(new ZoneReader(options, buffer), new Int32Array(control), parentPort))
}

function readUntilOver(reader: ZoneReader, control: Int32Array, port: NonNullable<typeof parentPort>): ReaderReport {
  const wrong: string[] = []
  const versions = new Set<number>()
  let reads = 0
  while (Atomics.load(control, shared.over) === 0) {
    const message: unknown = receiveMessageOnPort(port)?.message
    if (message instanceof SharedArrayBuffer) {
      reader.exchange(message)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
      port.postMessage('exchanged')
    }
    const least = Atomics.load(control, shared.seen)
    const found = versionsIn(reader.view, ways[reads % 2] ?? answerQuery)
    const [version = Number.NaN] = found
    const most = Atomics.load(control, shared.begun)
    reads++
    const fault = faultOf(found, least, most)
    if (fault !== undefined && wrong.length < 10) wrong.push(fault)
    versions.add(version)
    raise(control, version)
  }
  return { reads, versions: versions.size, wrong }
}

function faultOf(found: readonly number[], least: number, most: number): string | undefined {
  const [version = Number.NaN] = found
  if (found.some((other) => other !== version)) return `one view says ${found.join(' ')}`
  if (version < least) return `version ${version} after somebody saw ${least}`
  return version > most ? `version ${version} before it was begun` : undefined
}

/** Every version that one view says: of two address families of each service, a port, its targets, and a value. */
function versionsIn(view: ZoneView, answer: typeof answerQuery): readonly number[] {
  const direct = questions.map((question) => decodeMessage(answer(view, question, 'udp') ?? new Uint8Array(12)))
  const srv = decodeMessage(answerQuery(view, srvQuestion, 'udp') ?? new Uint8Array(12))
  const texts = [...direct, srv].flatMap(({ answers = [], additionals = [] }) =>
    [...answers, ...additionals].map((record) => ('data' in record ? versionOf(record.data) : Number.NaN)),
  )
  const value = view.value('pod 10.244.1.7')
  return [
    ...texts,
    Number(Buffer.from(value ?? []).toString()),
    view.serial,
    texts.length === 11 ? view.serial : -texts.length,
  ]
}

function versionOf(data: unknown): number {
  if (typeof data === 'object' && data !== null && 'port' in data) return Number(data.port)
  const text = String(data)
  if (text.includes(':')) return Number.parseInt(text.split('::')[1] ?? '0', 16)
  return text.split('.').reduce((sum, octet, i) => (i === 0 ? 0 : sum * 256 + Number(octet)), 0)
}

/** Tells the others what has been seen, unless somebody saw more. */
function raise(control: Int32Array, version: number): void {
  for (let seen = Atomics.load(control, shared.seen); seen < version; seen = Atomics.load(control, shared.seen)) {
    Atomics.compareExchange(control, shared.seen, seen, version)
  }
}
