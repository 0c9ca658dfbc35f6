/**
 * What IPVS mode costs in a kernel of its own: `node bench/ipvs.ts [SERVICES] [ENDPOINTS]`, 1000 and 10 by default. The agent runs
 * inside user-mode-linux, where every system call and process costs several times what it does on a machine.
 */
import { resolve } from 'node:path'
import { ipvsDocuments } from '../src/agent/documents.ts'
import { startAgent } from '../src/host/lab/agent-process.ts'
import { createLab, type Lab } from '../src/host/lab/lab.ts'
import { bootUml } from '../src/host/lab/uml/uml-machine.ts'
import { clusterOfObjects } from '../test/support/cluster.ts'
import { loadIpvs } from '../test/uml/ipvs-node.ts'
import { benchService, benchSlice } from './cluster.ts'
import { median } from './figures.ts'

const [services = 1000, endpoints = 10] = process.argv.slice(2).map(Number)
const main = resolve('dist/main.js')
const directory = '/run/bench'
const agentArgs = ['-f', directory, '--mode', 'ipvs', '--no-dns', '--node', 'node-1', '--metrics-bind-address', '']

await using machine = await bootUml({ memory: 2048, seconds: 1800 })
const lab = await createLab({ prefix: 'bench', backends: 0, families: ['IPv4'], destroyOnSignals: false, machine })
await lab.exec('node', 'mkdir', [directory])
// One service has a file of its own, to be changed without the others.
const others = Array.from({ length: services - 1 }, (_, i) => [
  benchService(i + 1),
  benchSlice(i + 1, endpoints),
]).flat()
await write(lab, 'others.json', others)
await write(lab, 'one.json', [benchService(0), benchSlice(0, endpoints)])

console.log(
  `${services} services with ${endpoints} endpoints each, in user-mode-linux ${await machine.exec('uname', ['-r'])}`,
)
const agent = startAgent(lab, main, agentArgs)
report('full sync of an empty kernel', await agent.programmed('IPv4'))
const changes = []
for (let shift = 1; shift <= 5; shift++) {
  const programmed = agent.programmed('IPv4')
  await write(lab, 'one.json', [benchService(0), benchSlice(0, endpoints, shift)])
  changes.push(await programmed)
}
report('one endpoint replaced, median of 5', {
  kind: changes.every(({ kind }) => kind === 'partial') ? 'partial' : 'full',
  bytes: median(changes.map(({ bytes }) => bytes)),
  ownMs: median(changes.map(({ ownMs }) => ownMs)),
  toolMs: median(changes.map(({ toolMs }) => toolMs)),
})
await agent.stop()
const next = startAgent(lab, main, agentArgs)
report('restart with nothing to change', await next.programmed('IPv4'))
await next.stop()
const start = performance.now()
await lab.exec('node', process.execPath, [main, 'cleanup'])
console.log(`cleanup, with the start of the program: ${seconds(performance.now() - start)}`)
console.log(`lines of virtual servers left: ${lineCount(await lab.exec('node', 'ipvsadm', ['-S', '-n']))}`)
await measureTools()

/** The least possible: the same documents given to the tools at once, and what a change and a comparison cost them. */
async function measureTools(): Promise<void> {
  const objects = [...others, benchService(0), benchSlice(0, endpoints)]
  const options = {
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    scheduler: 'rr',
  } as const
  const documents = ipvsDocuments(clusterOfObjects(objects), ['IPv4', 'IPv6'], options)
  await timed('tools alone: all documents into an empty node', () => loadIpvs(lab, documents))
  await timed('tools alone: one line for ipvsadm', () =>
    lab.exec('node', 'ipvsadm', ['-R'], { input: '-a -t 10.96.0.0:80 -r 10.200.0.1:80 -m -w 1\n' }),
  )
  await timed('tools alone: reading virtual servers, sets and addresses, as before each comparison', async () => {
    for (const [command, ...args] of [
      ['ipvsadm', '-S', '-n'],
      ['ipset', 'save'],
      ['ip', '-j', 'addr', 'show'],
    ] as const) {
      await lab.exec('node', 'sh', ['-c', '"$@" >/dev/null', 'sh', command, ...args])
    }
  })
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const begin = performance.now()
  await work()
  console.log(`${what}: ${seconds(performance.now() - begin)}`)
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.split('\n').length
}

function report(
  what: string,
  {
    kind,
    bytes,
    ownMs,
    toolMs,
  }: { readonly kind: string; readonly bytes: number; readonly ownMs: number; readonly toolMs: number },
): void {
  console.log(`${what} (${kind}): ours ${seconds(ownMs)}, tools ${seconds(toolMs)}, ${bytes} bytes`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}

async function write(to: Lab, file: string, items: readonly object[]): Promise<void> {
  const path = `${directory}/${file}`
  await to.exec('node', 'tee', [`${path}.new`], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  await to.exec('node', 'mv', [`${path}.new`, path])
}
