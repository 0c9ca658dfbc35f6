/**
 * What it costs to find and remove stale UDP flows in a table of 200,000, beside a bare listing by the same tool, in a
 * network namespace of its own. Needs root, iproute2 and conntrack.
 */
import { execa } from 'execa'
import { cleanerOf } from '../test/support/flow-cleaner.ts'
import { injectFlows, type InjectedFlow } from '../test/support/flows.ts'
import { createNamespace } from '../test/support/namespace.ts'

const flows = 200_000
const rounds = 3
const endpoints = Array.from({ length: rounds + 1 }, (_, i) => `10.244.1.${i + 1}`)
const nodeAddresses = ['192.0.2.7', '10.244.0.1', '172.17.0.1']
const dns = { name: 'dns', clusterIp: '10.96.0.10', endpoints }
const sip = { name: 'sip', clusterIp: '10.96.0.11', endpoints, nodePort: 30_053 }

await using namespace = await createNamespace()
await injectFlows(namespace.run, Array.from({ length: flows }, flow))
const { cleaner, walks, change } = cleanerOf(namespace.runLines, 'IPv4', [dns, sip], nodeAddresses)

const bare: number[] = []
const passes: { readonly what: string; readonly change: (left: readonly string[]) => void; readonly ms: number[] }[] = [
  { what: 'a restart that finds all right', change: () => cleaner.doubt(), ms: [] },
  { what: 'one endpoint of a cluster IP gone', change: (left) => change({ ...dns, endpoints: left }), ms: [] },
  { what: 'one endpoint of a node port gone', change: (left) => change({ ...sip, endpoints: left }), ms: [] },
]
const said = new Map<string, string>()
await cleaner.clean(false)
// In turn, so that a slow moment of the machine meets all of them.
for (let round = 1; round <= rounds; round++) {
  bare.push(await timed(listBare))
  for (const pass of passes) {
    pass.change(endpoints.slice(round))
    const before = walks.length
    pass.ms.push(
      await timed(async () => {
        const report = await cleaner.clean(false)
        said.set(pass.what, `${report?.removed} flows removed, ${walks.length - before} walks`)
      }),
    )
  }
}
console.log(`conntrack: bare listing of ${flows} UDP flows: ${Math.round(median(bare))} ms (medians of ${rounds})`)
for (const { what, ms } of passes) {
  const ratio = (median(ms) / median(bare)).toFixed(2)
  console.log(`conntrack: ${what}: ${Math.round(median(ms))} ms, ${ratio} of a bare listing; ${said.get(what)}`)
}

/** Each hundredth flow is of one of the two services, which share them; the others stay as they are. */
function flow(_: unknown, i: number): InjectedFlow {
  const source = `10.${128 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
  const endpoint = `${endpoints[Math.floor(i / 400) % endpoints.length]}:5353`
  return { source, sourcePort: 4000, endpoint, ...destination(i) }
}

function destination(i: number): { readonly destination: string; readonly destinationPort: number } {
  if (i % 200 === 0) return { destination: dns.clusterIp, destinationPort: 53 }
  if (i % 400 === 100) return { destination: sip.clusterIp, destinationPort: 53 }
  if (i % 400 === 300) return { destination: nodeAddresses[0] ?? '', destinationPort: sip.nodePort }
  return { destination: `10.97.${(i >> 8) & 255}.${i & 255}`, destinationPort: 53 }
}

async function listBare(): Promise<void> {
  const list = ['conntrack', '-L', '-p', 'udp', '-f', 'ipv4']
  await execa('ip', ['netns', 'exec', namespace.name, ...list], { stdout: 'ignore' })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
