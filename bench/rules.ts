/**
 * Services with endpoints (two arguments; 10,000 with 5 each), in a network namespace of their own: from parsed objects
 * to the full text, into the kernel with either variant, and one endpoint changed. Our CPU time, and the tool's time and
 * memory, apart. Needs root, iproute2 and iptables.
 */
import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { ClusterStore } from '../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../src/agent/iptables-ruleset.ts'
import { blockLines, iptablesTool } from '../src/agent/iptables-tool.ts'
import { isPortChain } from '../src/backends/iptables/chain-name.ts'
import { wholeTable } from '../src/backends/iptables/document.ts'
import { formatTable } from '../src/xtables/table-lines.ts'
import { parseManifests } from '../src/agent/manifest-text.ts'
import { Programmer } from '../src/agent/programmer.ts'
import { runCommand, type RunCommand } from '../src/host/command.ts'
import { ToolMemory } from './tool-memory.ts'
import { benchObjects, benchSlice } from './cluster.ts'

const services = Number(process.argv[2] ?? 10_000)
const endpoints = Number(process.argv[3] ?? 5)
const changes = 20
let shifts = 0

console.log(`machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
const text = JSON.stringify({ kind: 'List', apiVersion: 'v1', items: benchObjects(services, endpoints) })
const store = measure('JSON text to parsed objects', () => {
  const { objects } = parseManifests(text, 'bench')
  return new ClusterStore(objects.map(({ object }) => object))
})
const options = {
  family: 'IPv4',
  nodeName: 'node-1',
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks: [] },
  nodePortNetworks: [],
} as const
const rendered = measure('parsed objects to full iptables text', () => new IptablesRuleset(store, options).render())
console.log(
  `${services} services x ${endpoints} endpoints: ${lineCount(rendered)} lines, ${megabytes(rendered.length)}`,
)

for (const variant of ['nft', 'legacy'] as const) {
  const name = `pointsman-bench-${randomBytes(3).toString('hex')}`
  await runCommand('ip', ['netns', 'add', name])
  try {
    const memory = new ToolMemory()
    await benchVariant(variant, (command, args, input) =>
      memory.watch(runCommand('ip', ['netns', 'exec', name, command, ...args], input)),
    )
    console.log(`${variant}: the tool takes at most ${megabytes(memory.peak)}`)
  } finally {
    await runCommand('ip', ['netns', 'delete', name])
  }
}
globalThis.gc?.()
console.log(
  `memory of this process: ${megabytes(process.resourceUsage().maxRSS * 1024)} at its peak, ` +
    `${megabytes(process.memoryUsage.rss())} resident, ${megabytes(process.memoryUsage().heapUsed)} heap at the end`,
)

async function benchVariant(variant: 'nft' | 'legacy', run: RunCommand): Promise<void> {
  const ruleset = new IptablesRuleset(store, options)
  const programmer = new Programmer(ruleset, iptablesTool(run, 'IPv4', variant), blockLines[variant], 30_000)
  const cpu = process.cpuUsage()
  const first = await programmer.sync()
  console.log(`${variant}: first load: ours ${ms(first.ownMs)} (CPU ${cpuMs(cpu)}), tool ${ms(first.toolMs)}`)
  const own: number[] = []
  const tool: number[] = []
  let bytes = 0
  const before = process.cpuUsage()
  for (let i = 0; i < changes; i++) {
    const index = (i * 487) % services
    const [slice] = parseManifests(JSON.stringify(benchSlice(index, endpoints, ++shifts)), 'bench').objects
    if (slice === undefined) throw new Error('the changed slice was not parsed')
    const start = performance.now()
    programmer.touch(store.put(slice.object))
    const planned = performance.now() - start
    const report = await programmer.sync()
    own.push(planned + report.ownMs)
    tool.push(report.toolMs)
    bytes = Math.max(bytes, report.bytes)
  }
  console.log(
    `${variant}: one endpoint replaced (median, max of ${changes}): ours ${spread(own)} ` +
      `(CPU with starting the tool ${cpuMs(before, changes)}), tool ${spread(tool)}, payload at most ${bytes} bytes`,
  )
  const peer = formatTable(wholeTable('nat', ruleset.base, ruleset.sorted(), (chain) => !isPortChain(chain)))
  const started = performance.now()
  await iptablesTool(run, 'IPv4', variant).restore(peer)
  console.log(
    `${variant}: rewriting the shared chains, as kube-proxy does at each change: tool ${ms(performance.now() - started)}, ` +
      `payload ${peer.length} bytes`,
  )
  const again = new Programmer(ruleset, iptablesTool(run, 'IPv4', variant), blockLines[variant], 30_000)
  const start = performance.now()
  const report = await again.sync()
  console.log(
    `${variant}: restart with nothing to change: ${ms(performance.now() - start)}, writes ${report.bytes} bytes`,
  )
}

function measure<T>(what: string, work: () => T): T {
  const start = performance.now()
  const result = work()
  console.log(`${what}: ${ms(performance.now() - start)}`)
  return result
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return `${ms(sorted[sorted.length >> 1])}, ${ms(sorted.at(-1))}`
}

/** CPU time of this process since then, for each of so many. */
function cpuMs(since: NodeJS.CpuUsage, count = 1): string {
  const { user, system } = process.cpuUsage(since)
  return ms((user + system) / 1000 / count)
}

function lineCount(document: string): number {
  return document.split('\n').length - 1
}

function ms(value = 0): string {
  return value < 100 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
