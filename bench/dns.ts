/**
 * Answers from a zone of 10,000 services on one core, asked by dnsperf on the other, beside the same socket code with
 * the least possible answer: what Node and the kernel take without us. Needs dnsperf and taskset.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClusterStore } from '../src/agent/cluster-store.ts'
import { DnsTable } from '../src/agent/dns-table.ts'
import { parseManifests } from '../src/agent/manifest-text.ts'
import { answerQuery } from '../src/dns/answer.ts'
import { ZoneReader } from '../src/dns/zone-reader.ts'
import { listenDns } from '../src/host/dns-listener.ts'
import type { AnswerDns } from '../src/host/dns-service.ts'
import { answerStraight } from '../test/dns/straight.ts'
import { benchObjects } from './cluster.ts'

const services = 10_000
const rounds = 3

const [, file = '', role = ''] = process.argv
if (role === 'serve-zone') await serve(await zoneAnswers())
else if (role === 'serve-echo') await serve(echo)
else await measure()

async function serve(answer: AnswerDns): Promise<void> {
  const { port } = await listenDns({ host: '127.0.0.1', port: 0 }, answer, console.error)
  console.log(port)
}

async function zoneAnswers(): Promise<AnswerDns> {
  const text = JSON.stringify({ kind: 'List', items: benchObjects(services, 5) })
  const store = new ClusterStore(parseManifests(text, 'bench').objects.map(({ object }) => object))
  const options = { domain: 'cluster.local', ttl: 5 }
  const table = new DnsTable(store, options)
  await table.commit(1)
  const reader = new ZoneReader(options, table.zone.buffer)
  return (query, { transport: via }) => {
    const { view } = reader
    return answerStraight(view, query, via) ?? answerQuery(view, query, via)
  }
}

/** The query with the QR bit set: dnsperf counts it as an answer. */
function echo(query: Uint8Array): Uint8Array {
  query[2] = (query[2] ?? 0) | 0x80
  return query
}

interface Figures {
  readonly qps: number
  readonly cpu: number
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  const names = join(folder, 'names')
  const lines = Array.from({ length: services }, (_, i) => `service-${i}.bench-${i % 100}.svc.cluster.local A\n`)
  writeFileSync(names, lines.join(''))
  const [zone, bare] = [await startServer('serve-zone'), await startServer('serve-echo')]
  try {
    for (const { port } of [zone, bare]) ask(port, names, '-l', '2')
    const ours: Figures[] = []
    const least: Figures[] = []
    // In turn, so that a slow moment of the machine meets both.
    for (let i = 0; i < rounds; i++) {
      ours.push(saturate(zone, names))
      least.push(saturate(bare, names))
    }
    console.log(`dns: saturated: ${show(ours)}; least possible answer: ${show(least)} (medians of ${rounds})`)
    const [p50, p99] = latencies(ask(zone.port, names, '-l', '5', '-Q', '10000', '-v'))
    const [leastP50, leastP99] = latencies(ask(bare.port, names, '-l', '5', '-Q', '10000', '-v'))
    console.log(
      `dns: at 10,000 qps: p50 ${p50} us, p99 ${p99} us; least possible answer: ${leastP50} us, ${leastP99} us`,
    )
    console.log(`dns: memory with ${services} services: ${memory(zone.pid)}`)
  } finally {
    process.kill(zone.pid)
    process.kill(bare.pid)
    rmSync(folder, { recursive: true })
  }
}

async function startServer(what: string): Promise<{ readonly pid: number; readonly port: string }> {
  const server = spawn('taskset', ['-c', '0', process.execPath, file, what])
  const [port] = await once(server.stdout, 'data')
  return { pid: server.pid ?? 0, port: String(port).trim() }
}

function saturate({ pid, port }: { readonly pid: number; readonly port: string }, names: string): Figures {
  const before = cpuMicroseconds(pid)
  const report = ask(port, names, '-l', '4')
  const cpu = (cpuMicroseconds(pid) - before) / figure(report, 'Queries completed')
  if (figure(report, 'Queries lost') > 0) throw new Error(`Queries were lost:\n${report}`)
  return { qps: figure(report, 'Queries per second'), cpu }
}

function ask(port: string, names: string, ...more: readonly string[]): string {
  const args = ['-c', '1', 'dnsperf', '-s', '127.0.0.1', '-p', port, '-d', names, '-c', '8', '-T', '1', '-e', ...more]
  return execFileSync('taskset', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
}

function latencies(report: string): readonly [number, number] {
  const sorted = [...report.matchAll(/^> \w+ .* ([\d.]+)$/gm)].map(([, seconds]) => Number(seconds) * 1e6)
  sorted.sort((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN)
  return [at(0.5), at(0.99)]
}

function show(figures: readonly Figures[]): string {
  return `${Math.round(median(figures.map(({ qps }) => qps)))} qps, ${median(figures.map(({ cpu }) => cpu)).toFixed(1)} us CPU per query`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** User and system time of a process; /proc counts in ticks of 10 ms. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function memory(pid: number): string {
  const [, kibibytes] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return `${Math.round(Number(kibibytes) / 1024)} MiB resident`
}

function figure(report: string, name: string): number {
  return Number(new RegExp(`${name}[^:]*:\\s*([\\d.]+)`).exec(report)?.[1])
}
