// Answers from a zone of 10,000 services on one core, asked by dnsperf on the other: `node bench/dns.ts`.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerQuery } from '../src/dns/answer.ts'
import { serviceRecords } from '../src/dns/service-records.ts'
import { Zone } from '../src/dns/zone.ts'
import { listenDns } from '../src/host/dns-listener.ts'
import type { EndpointSlice } from '../src/model/endpoint-slice.ts'
import type { Service } from '../src/model/service.ts'

const services = 10_000
const endpoints = 5

if (process.argv[2] === 'serve') await serve()
else await measure()

async function serve(): Promise<void> {
  const options = { domain: 'cluster.local', ttl: 5 }
  const zone = new Zone(options)
  zone.synced = true
  for (let i = 0; i < services; i++) zone.setService(`bench/s${i}`, serviceRecords(service(i), [slice(i)], options))
  const listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, via) => answerQuery(zone, query, via),
    console.error,
  )
  console.log(listener.port)
}

async function measure(): Promise<void> {
  const server = spawn('taskset', ['-c', '0', process.execPath, import.meta.filename, 'serve'])
  const folder = mkdtempSync(join(tmpdir(), 'bench-dns-'))
  try {
    const [port] = await once(server.stdout, 'data')
    const names = join(folder, 'names')
    writeFileSync(names, Array.from({ length: services }, (_, i) => `s${i}.bench.svc.cluster.local A\n`).join(''))
    const dnsperf = ['-s', '127.0.0.1', '-p', String(port).trim(), '-d', names, '-l', '5', '-c', '8', '-T', '1', '-e']
    const ask = (...more: string[]): string =>
      execFileSync('taskset', ['-c', '1', 'dnsperf', ...dnsperf, ...more], { encoding: 'utf8', maxBuffer: 1 << 28 })
    ask()
    const before = cpuMicroseconds(server.pid)
    const saturated = ask()
    const spent = cpuMicroseconds(server.pid) - before
    const steady = ask('-Q', '10000', '-v')
    const latencies = [...steady.matchAll(/^> \w+ .* ([\d.]+)$/gm)]
      .map((match) => Number(match[1]) * 1e6)
      .sort((a, b) => a - b)
    const at = (share: number): number => Math.round(latencies[Math.floor(latencies.length * share)] ?? Number.NaN)
    console.log(
      `saturated: ${figure(saturated, 'Queries per second')} qps, ${figure(saturated, 'Average Latency')} s on average`,
    )
    console.log(
      `           ${figure(saturated, 'Queries lost')} lost, ${(spent / figure(saturated, 'Queries completed')).toFixed(1)} us CPU per query`,
    )
    console.log(`at 10,000 qps: p50 ${at(0.5)} us, p99 ${at(0.99)} us`)
    console.log(
      `server memory: ${/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]} kB resident`,
    )
  } finally {
    server.kill()
    rmSync(folder, { recursive: true })
  }
}

/** User and system time of a process; /proc counts in ticks of 10 ms. */
function cpuMicroseconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function figure(report: string, name: string): number {
  return Number(new RegExp(`${name}[^:]*:\\s*([\\d.]+)`).exec(report)?.[1])
}

function service(i: number): Service {
  return {
    kind: 'Service',
    namespace: 'bench',
    name: `s${i}`,
    type: 'ClusterIP',
    headless: false,
    clusterIps: [`10.96.${i >> 8}.${i & 255}`],
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    externalIps: [],
    loadBalancerIps: [],
    sourceRanges: [],
    externalPolicyLocal: false,
    internalPolicyLocal: false,
    proxiedElsewhere: false,
  }
}

function slice(i: number): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    namespace: 'bench',
    name: `s${i}-a`,
    serviceName: `s${i}`,
    family: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: endpoints }, (_, j) => {
      const pod = i * endpoints + j
      return {
        address: `10.${128 + (pod >> 16)}.${(pod >> 8) & 255}.${pod & 255}`,
        ready: true,
        serving: true,
        terminating: false,
      }
    }),
    proxiedElsewhere: false,
  }
}
