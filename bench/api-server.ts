/**
 * The whole agent on a real API server: 10,000 services with 10 endpoints each, from its start to rules and answers, its
 * memory, and what a changed slice costs until the kernel has it and until DNS answers it; then kube-proxy on the same
 * API server, in the same network, for comparison. Needs root, iproute2, iptables, util-linux and openssl.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from '../src/host/command.ts'
import { TestApiServer } from '../test/support/api-server.ts'
import { kubeProxyBinary } from '../test/support/kubernetes-binaries.ts'
import { nodeFlags } from './agent-command.ts'
import { benchObjects, benchSlice, type BenchObject } from './cluster.ts'
import { median, mebibytes, percentile } from './figures.ts'
import { isInOwnNetwork } from './own-network.ts'

const [services = 10_000, endpoints = 10, changes = 200] = process.argv.slice(2).map(Number)
const changesPerSecond = 20
const busySeconds = 30
const slices = '/apis/discovery.k8s.io/v1/namespaces'
/** Where the slice that changes lists its last endpoint. */
const headless = 'web.bench-0.svc.cluster.local'

type Line = Readonly<Record<string, unknown>>

if (isInOwnNetwork()) {
  await using server = await TestApiServer.start()
  const kubeconfig = await server.kubeconfig()
  await fill(server)
  await benchAgent(server, kubeconfig)
  await benchKubeProxy(server, kubeconfig)
}

/** As the controllers of a cluster would have made it. */
async function fill(server: TestApiServer): Promise<void> {
  await server.call('POST', '/api/v1/nodes', { metadata: { name: 'node-1' } })
  for (let i = 0; i < 100; i++) await server.call('POST', '/api/v1/namespaces', { metadata: { name: `bench-${i}` } })
  await server.call('POST', '/api/v1/namespaces/bench-0/services', {
    metadata: { name: 'web' },
    spec: { clusterIP: 'None', ports: [{ port: 80 }] },
  })
  const started = performance.now()
  await inParallel(benchObjects(services, endpoints), (object) =>
    server.call('POST', collectionOf(object), withoutAddress(object)),
  )
  await server.call('POST', `${slices}/bench-0/endpointslices`, webSlice(0))
  console.log(`${services} services, ${services * endpoints} endpoints: written in ${seconds(started)}`)
}

async function benchAgent(server: TestApiServer, kubeconfig: string): Promise<void> {
  const args = [
    'run',
    '--kubeconfig',
    kubeconfig,
    '--node',
    'node-1',
    '--dns-listen',
    '127.0.0.1:5300',
    '--v=2',
    '--logging-format=json',
  ]
  const started = performance.now()
  const agent = spawn(process.execPath, [...nodeFlags, 'dist/main.js', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = logOf(agent)
  try {
    const dns = answers('kubernetes.default.svc.cluster.local', (found) => found.length > 0).then(() =>
      seconds(started),
    )
    await log.programmed('IPv6')
    console.log(`agent: start to programmed ${seconds(started)}, to the first answer ${await dns}`)
    console.log(`agent: memory after the start: ${memoryOf(agent.pid)}`)
    const kernel: number[] = []
    for (let i = 1; i <= changes; i++) {
      const from = performance.now()
      await server.call('PUT', `${slices}/bench-0/endpointslices/service-0-1`, benchSlice(0, endpoints, i))
      await log.programmed('IPv4')
      kernel.push(performance.now() - from)
    }
    console.log(`agent: API write to kernel: ${spread(kernel)} over ${changes} changes`)
    const names: number[] = []
    for (let i = 1; i <= changes; i++) {
      const from = performance.now()
      await server.call('PUT', `${slices}/bench-0/endpointslices/web-1`, webSlice(i))
      await answers(headless, (addresses) => addresses.includes(webAddress(i)))
      names.push(performance.now() - from)
    }
    console.log(`agent: API write to DNS: ${spread(names)} over ${changes} changes`)
    console.log(`agent: at ${changesPerSecond} changes per second: ${await busy(server, agent.pid)}`)
    console.log(`agent: memory after all of it: ${memoryOf(agent.pid)}`)
  } finally {
    agent.kill('SIGTERM')
    await log.ended
  }
}

async function benchKubeProxy(server: TestApiServer, kubeconfig: string): Promise<void> {
  await runCommand(process.execPath, ['dist/main.js', 'cleanup'])
  const started = performance.now()
  // The limits of connection tracking are not its namespace's to write.
  const conntrack = ['max-per-core', 'min', 'tcp-timeout-established', 'tcp-timeout-close-wait']
  const args = ['--kubeconfig', kubeconfig, '--hostname-override', 'node-1', '--proxy-mode', 'iptables']
  args.push(...conntrack.flatMap((name) => [`--conntrack-${name}`, '0']))
  const proxy = spawn(await kubeProxyBinary(), args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => proxy.once('exit', resolve))
  try {
    if (!(await synced(0))) return console.log(`kube-proxy: not programmed ${seconds(started)} after its start`)
    console.log(`kube-proxy: start to programmed ${seconds(started)}`)
    console.log(`kube-proxy: memory after the start: ${memoryOf(proxy.pid)}`)
    const kernel: number[] = []
    for (let i = 1; i <= changes / 10; i++) {
      const before = Date.now() / 1000
      const from = performance.now()
      await server.call('PUT', `${slices}/bench-0/endpointslices/service-0-1`, benchSlice(0, endpoints, i))
      await synced(before)
      kernel.push(performance.now() - from)
    }
    console.log(`kube-proxy: API write to kernel: ${spread(kernel)} over ${kernel.length} changes`)
    console.log(`kube-proxy: at ${changesPerSecond} changes per second: ${await busy(server, proxy.pid)}`)
    console.log(`kube-proxy: memory after all of it: ${memoryOf(proxy.pid)}`)
  } finally {
    proxy.kill('SIGTERM')
    await ended
  }
}

interface AgentLog {
  /** Resolves at the next line that says so. */
  programmed(family: string): Promise<void>
  readonly ended: Promise<unknown>
}

function logOf(agent: ChildProcess): AgentLog {
  if (agent.stderr === null) throw new Error('the agent has no stderr')
  const lines = createInterface({ input: agent.stderr })[Symbol.asyncIterator]()
  return {
    async programmed(family) {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error('the agent ended')
        const line: Line = JSON.parse(value)
        if (line['msg'] === 'programmed' && line['family'] === family) return
      }
    },
    ended: new Promise((resolve) => agent.once('exit', resolve)),
  }
}

/** Changes slices of different services at a fixed pace; returns the share of one core that the process had meanwhile. */
async function busy(server: TestApiServer, pid: number | undefined): Promise<string> {
  const before = processorSeconds(pid)
  const started = performance.now()
  const writes: Promise<unknown>[] = []
  for (let i = 0; i < busySeconds * changesPerSecond; i++) {
    const service = i % 100
    const path = `${slices}/bench-${service}/endpointslices/service-${service}-1`
    writes.push(server.call('PUT', path, benchSlice(service, endpoints, changes + i)))
    await delay(Math.max(0, started + ((i + 1) * 1000) / changesPerSecond - performance.now()))
  }
  const used = processorSeconds(pid) - before
  await Promise.all(writes)
  return `${Math.round((used / busySeconds) * 100)} % of a core, tools included`
}

/** User and system time of a process and of the tools that it ran; /proc counts in ticks of 10 ms. */
function processorSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

/** Asks until the addresses are right. */
async function answers(name: string, right: (addresses: readonly string[]) => boolean): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers(['127.0.0.1:5300'])
  for (;;) {
    const addresses = await resolver.resolve4(name).catch(() => [])
    if (right(addresses)) return
    await delay(1)
  }
}

/** Whether kube-proxy has programmed IPv4 after this time, in seconds since 1970, before it has had ten minutes to. */
async function synced(after: number): Promise<boolean> {
  const until = performance.now() + 600_000
  while (performance.now() < until) {
    const text = await fetch('http://127.0.0.1:10249/metrics').then(
      (response) => response.text(),
      () => '',
    )
    const [, time] = /^kubeproxy_sync_proxy_rules_last_timestamp_seconds\{ip_family="IPv4"\} (\S+)$/m.exec(text) ?? []
    if (Number(time) > after) return true
    await delay(5)
  }
  return false
}

function memoryOf(pid: number | undefined): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024
  return `${mebibytes(bytes('VmRSS'))} resident, ${mebibytes(bytes('VmHWM'))} at its highest`
}

function webSlice(i: number): object {
  return {
    metadata: { name: 'web-1', namespace: 'bench-0', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ port: 80 }],
    endpoints: [{ addresses: [webAddress(i)], conditions: { ready: true } }],
  }
}

function webAddress(i: number): string {
  return `10.250.${i >> 8}.${i & 255}`
}

function collectionOf(object: BenchObject): string {
  const { namespace } = object.metadata
  return object.kind === 'Service'
    ? `/api/v1/namespaces/${namespace}/services`
    : `${slices}/${namespace}/endpointslices`
}

/** The API server chooses a cluster IP itself. */
function withoutAddress(object: BenchObject): BenchObject {
  return object.kind === 'Service' ? { ...object, spec: { ports: [{ name: 'http', port: 80 }] } } : object
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

function spread(values: readonly number[]): string {
  return `p50 ${median(values).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
