/**
 * The bundle with 10,000 services and 100,000 endpoints, DNS alone: how long from its start to the first answer, its
 * memory with and without DNS, and how long from a changed file to the new answer. Needs root and taskset.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { WorkerLink } from '../src/agent/dns-worker-link.ts'
import { nameBytes } from '../src/dns/name.ts'
import { benchObjects, benchSlice } from './cluster.ts'
import { kubeadmCorefile } from './corefile.ts'
import { pointsman, programs, startProcess, startServer, type RunningServer } from './dns-servers.ts'
import { cpuMicroseconds, mebibytes, median, percentile, residentBytes } from './figures.ts'
import { isInOwnNetwork } from './own-network.ts'

const services = 10_000
const endpoints = 10
const changes = 100
const starts = 3
const workerStarts = 10
const probe = 'service-1.bench-1.svc.cluster.local'
const changing = 'changing.bench-0.svc.cluster.local.'

/** A Service without a cluster IP: its name has the addresses of its endpoints. */
const headless = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'changing', namespace: 'bench-0' },
  spec: { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ports: [{ port: 80 }] },
}

if (isInOwnNetwork()) await measure()

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  const manifests = join(folder, 'manifests')
  try {
    mkdirSync(manifests)
    const corefile = join(folder, 'Corefile')
    writeFileSync(corefile, kubeadmCorefile(['prometheus 127.0.0.1:9153']))
    replace(folder, 'cluster.json', [...benchObjects(services, endpoints), headless])
    replace(folder, 'changing.json', [slice(0)])
    await measureWorkers()
    await measureStart(corefile, manifests)
    await measureMemory(corefile, manifests)
    await measureChanges(corefile, manifests, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Until a worker thread has loaded its program and says so; it has nothing to answer with yet. */
async function measureWorkers(): Promise<void> {
  const [took, cpu]: [number[], number[]] = [[], []]
  for (let i = 0; i < workerStarts; i++) {
    const [started, before] = [performance.now(), process.cpuUsage()]
    const data = { maxConnections: 1 }
    const link = new WorkerLink(pathToFileURL(programs.worker), 'dns', data, ({ message }) => console.error(message))
    await link.collect()
    took.push(performance.now() - started)
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1000)
    await link.terminate()
  }
  const [ms, busy] = [median(took), median(cpu)].map(Math.round)
  console.log(`dns-agent: a worker thread starts in ${ms} ms, ${busy} ms CPU (medians of ${workerStarts})`)
}

async function measureStart(corefile: string, manifests: string): Promise<void> {
  for (const workers of [1, 2]) {
    const [took, cpu]: [number[], number[]] = [[], []]
    for (let i = 0; i < starts; i++) {
      const started = performance.now()
      const server = await startServer(withWorkers(corefile, manifests, workers), probe)
      took.push((performance.now() - started) / 1000)
      cpu.push(cpuMicroseconds(server.pid) / 1e6)
      await server.stop()
    }
    const [seconds, busy] = [median(took).toFixed(2), median(cpu).toFixed(2)]
    console.log(
      `dns-agent: start to first answer, ${workers} of --dns-workers: ${seconds} s, ${busy} s CPU (medians of ${starts})`,
    )
  }
}

async function measureMemory(corefile: string, manifests: string): Promise<void> {
  const { args, ...launch } = pointsman('without DNS', 5301, corefile, manifests, programs.bundle)
  const others = args.slice(0, args.indexOf('--corefile'))
  await report('without DNS', startProcess({ ...launch, args: [...others, '--no-dns'] }))
  for (const workers of [1, 2] as const) {
    await report(
      `with ${workers} of --dns-workers`,
      await startServer(withWorkers(corefile, manifests, workers), probe),
    )
  }
}

async function report(what: string, server: RunningServer): Promise<void> {
  // Until what the start left behind is collected, as far as it is.
  await sleep(5000)
  console.log(`dns-agent: memory ${what}: ${mebibytes(residentBytes(server.pid))} resident`)
  await server.stop()
}

async function measureChanges(corefile: string, manifests: string, folder: string): Promise<void> {
  const server = await startServer(withWorkers(corefile, manifests, 1), probe)
  const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) })
  try {
    const took: number[] = []
    for (let i = 1; i <= changes; i++) {
      const start = performance.now()
      replace(folder, 'changing.json', [slice(i)])
      await untilAddress(socket, server.port, `192.0.2.${i}`)
      took.push(performance.now() - start)
    }
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(took, share).toFixed(1))
    console.log(`dns-agent: one file replaced to new answer over UDP: p50 ${p50} ms, p99 ${p99} ms of ${changes}`)
  } finally {
    socket.close()
    await server.stop()
  }
}

/** Asks again and again, one query at a time, until the answer ends in this address. */
async function untilAddress(socket: Socket, port: number, address: string): Promise<void> {
  const wanted = Buffer.from(address.split('.').map(Number))
  const query = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...(nameBytes(changing) ?? []), 0, 1, 0, 1])
  for (;;) {
    const answered = once(socket, 'message')
    socket.send(query, port, '127.0.0.1')
    const [answer]: Buffer[] = await answered
    if (answer?.subarray(-4).equals(wanted) === true) return
  }
}

function withWorkers(corefile: string, manifests: string, workers: number) {
  const launch = pointsman('pointsman', 5301, corefile, manifests, programs.bundle)
  return { ...launch, args: [...launch.args, '--dns-workers', String(workers)] }
}

/** Its slice, whose one endpoint has the address 192.0.2.`last`. */
function slice(last: number): object {
  const endpoint = { addresses: [`192.0.2.${last}`], conditions: { ready: true } }
  const labels = { 'kubernetes.io/service-name': 'changing' }
  return { ...benchSlice(0, 1), metadata: { name: 'changing-1', namespace: 'bench-0', labels }, endpoints: [endpoint] }
}

/** Written beside, and renamed into the folder of manifests. */
function replace(folder: string, file: string, items: readonly object[]): void {
  writeFileSync(join(folder, 'new'), JSON.stringify({ kind: 'List', apiVersion: 'v1', items }))
  renameSync(join(folder, 'new'), join(folder, 'manifests', file))
}
