/**
 * Answers of the program itself with 10,000 services, on one core for all its threads, asked by dnsperf on the other:
 * beside the same sockets with the least possible answer (what Node and the kernel take without us), Knot with the same
 * records, and CoreDNS with them where the environment variable COREDNS names its program. Needs root, dnsperf, knot and
 * taskset.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenDns } from '../src/host/dns-listener.ts'
import { benchObjects } from './cluster.ts'
import { kubeadmCorefile } from './corefile.ts'
import { coredns, knot, pointsman, startServer, type Launch, type RunningServer } from './dns-servers.ts'
import { latencies, saturate, showLoads, type Load } from './dnsperf.ts'
import { mebibytes, median, residentBytes } from './figures.ts'
import { isInOwnNetwork } from './own-network.ts'
import { writeZoneFiles } from './zone-files.ts'

const services = 10_000
const rounds = 5
const probe = 'service-0.bench-0.svc.cluster.local'

const [, file = '', role = '', portOfRole = ''] = process.argv
if (role === 'echo') await echo(Number(portOfRole))
else if (isInOwnNetwork()) await measure()

/** Sends the query back with the QR bit set: dnsperf counts it as an answer. */
async function echo(port: number): Promise<void> {
  await listenDns(
    { host: '127.0.0.1', port },
    (query) => {
      query[2] = (query[2] ?? 0) | 0x80
      return query
    },
    console.error,
  )
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  const servers: RunningServer[] = []
  try {
    const names = join(folder, 'names')
    writeFileSync(names, Array.from({ length: services }, (_, i) => `${nameOf(i)} A\n`).join(''))
    for (const launch of launches(folder)) servers.push(await startServer(launch, probe))
    await compare(servers, names)
  } finally {
    for (const server of servers) await server.stop()
    rmSync(folder, { recursive: true })
  }
}

function launches(folder: string): readonly Launch[] {
  const [manifest, counting, plain] = ['cluster.json', 'Corefile', 'Corefile.plain'].map((name) => join(folder, name))
  const text = JSON.stringify({ kind: 'List', items: benchObjects(services, 5) })
  writeFileSync(manifest ?? '', text)
  writeFileSync(counting ?? '', kubeadmCorefile(['prometheus 127.0.0.1:9153']))
  writeFileSync(plain ?? '', kubeadmCorefile([]))
  const zones = writeZoneFiles(folder, text)
  return [
    pointsman('pointsman', 5301, counting ?? '', manifest ?? ''),
    pointsman('pointsman without prometheus', 5302, plain ?? '', manifest ?? ''),
    { name: 'least possible answer', port: 5303, command: process.execPath, args: [file, 'echo', '5303'] },
    knot('knot', 5304, folder, zones),
    coredns(5305, folder, zones),
  ].filter((launch) => launch !== undefined)
}

async function compare(servers: readonly RunningServer[], names: string): Promise<void> {
  const loads = servers.map((): Load[] => [])
  for (const server of servers) saturate(server, names, 3)
  // In turn, so that a slow moment of the machine meets all.
  for (let i = 0; i < rounds; i++)
    for (const [s, server] of servers.entries()) loads[s]?.push(saturate(server, names, 2))
  for (const [s, { name, pid }] of servers.entries()) {
    console.log(`dns: ${name}: ${showLoads(loads[s] ?? [])} (medians of ${rounds}), ${mebibytes(residentBytes(pid))}`)
  }
  const slow = servers.map((): (readonly [number, number])[] => [])
  for (let i = 0; i < rounds; i++) {
    for (const [s, server] of servers.entries()) slow[s]?.push(latencies(server, names, 10_000, 3))
  }
  for (const [s, { name }] of servers.entries()) {
    const [p50s, p99s] = [0, 1].map((at) => (slow[s] ?? []).map((both) => both[at] ?? Number.NaN))
    const [p50, p99] = [median(p50s ?? []).toFixed(2), median(p99s ?? []).toFixed(2)]
    // That of the round which other work disturbed least says most about the server.
    const least = Math.min(...(p99s ?? [])).toFixed(2)
    console.log(
      `dns: ${name}: at 10,000 qps: p50 ${p50} ms, p99 ${p99} ms (medians of ${rounds}), at the least ${least} ms`,
    )
  }
}

function nameOf(i: number): string {
  return `service-${i}.bench-${i % 100}.svc.cluster.local`
}
