import { execFileSync } from 'node:child_process'
import { cpuMicroseconds, median, percentile } from './figures.ts'

/** What one run of dnsperf found. */
export interface Load {
  readonly qps: number
  /** Of the server, for each query, in microseconds. */
  readonly cpu: number
  readonly lost: number
  /** `NOERROR 61020 (100.00%)` */
  readonly codes: string
}

export interface Asked {
  readonly pid: number
  readonly port: number
}

/** Asks these names again and again, as fast as the server answers, from the core that it does not use. */
export function saturate({ pid, port }: Asked, names: string, seconds = 4): Load {
  const before = cpuMicroseconds(pid)
  const report = ask(port, names, '-l', String(seconds))
  const cpu = (cpuMicroseconds(pid) - before) / figure(report, 'Queries completed')
  const [, codes = ''] = /Response codes:\s*(.*)/.exec(report) ?? []
  return { qps: figure(report, 'Queries per second'), cpu, lost: figure(report, 'Queries lost'), codes }
}

/** How long answers take at so many queries per second: p50 and p99 in milliseconds. */
export function latencies({ port }: Asked, names: string, qps: number, seconds = 5): readonly [number, number] {
  const report = ask(port, names, '-l', String(seconds), '-Q', String(qps), '-v')
  const all = [...report.matchAll(/^> \w+ .* ([\d.]+)$/gm)].map(([, took]) => Number(took) * 1000)
  return [percentile(all, 0.5), percentile(all, 0.99)]
}

export function showLoads(loads: readonly Load[]): string {
  const [qps, cpu] = [median(loads.map((load) => load.qps)), median(loads.map((load) => load.cpu))]
  const lost = loads.reduce((sum, load) => sum + load.lost, 0)
  return `${Math.round(qps)} qps, ${cpu.toFixed(1)} us CPU per query, ${lost} lost, ${loads.at(-1)?.codes ?? ''}`
}

function ask(port: number, names: string, ...more: readonly string[]): string {
  const args = ['-s', '127.0.0.1', '-p', String(port), '-d', names, '-c', '8', '-T', '1', '-e', ...more]
  return execFileSync('taskset', ['-c', '1', 'dnsperf', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
}

function figure(report: string, name: string): number {
  return Number(new RegExp(`${name}[^:]*:\\s*([\\d.]+)`).exec(report)?.[1])
}
