import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressOf } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { families } from '../../src/net/family.ts'
import { manifestsOf, web } from './manifests.ts'
import { programCluster, type Program } from './program.ts'
import { requireKernelTools } from './requirements.ts'

const endpoints = ['backend1', 'backend2', 'backend3'] as const
/** A pod that no service leads to. */
const pod = 'backend4'
const doors = families.flatMap(
  (family) =>
    [
      { from: pod, address: web.clusterIp[family], port: web.port },
      { from: 'client', address: web.clusterIp[family], port: web.port },
      { from: 'client', address: addressOf('node', family), port: web.nodePort },
      { from: 'node', address: web.clusterIp[family], port: web.port },
    ] as const,
)

let lab: Lab
let program: Program
beforeAll(async () => {
  requireKernelTools()
  lab = await createLab({ prefix: 'pointsman-test', backends: 4, families, destroyOnSignals: true })
  // Else the kernel sends a client no more than a few ICMP errors a second, and who asks again is not refused but ignored.
  const limits = ['ipv4/icmp_ratelimit', 'ipv6/icmp/ratelimit'].map((name) => `/proc/sys/net/${name}`)
  await lab.exec('node', 'tee', limits, { input: '0' })
  await Promise.all(endpoints.map((name) => lab.serve(name, { name, udp: [web.targetPort] })))
  program = await programCluster(lab, manifestsOf(web, endpoints))
}, 30_000)
afterAll(async () => {
  await program?.stop()
  await lab?.destroy()
})

const everywhere = (outcome: string) => doors.map(() => outcome)

/** So many sockets at every door; each question goes through all of them, as packets of the flows that they had before. */
function openSockets(count: number): () => Promise<readonly string[]> {
  const file = join(import.meta.dirname, 'udp-sockets.ts')
  const clients = doors.map(({ from, address, port }) => {
    const child = lab.spawn(from, process.execPath, [file, address, String(port), String(count)])
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  })
  const ask = async ({ child, lines }: (typeof clients)[number]): Promise<readonly string[]> => {
    child.stdin.write('\n')
    const { value = '[]' } = await lines.next()
    const names: string[] = JSON.parse(value)
    return names
  }
  return async () => (await Promise.all(clients.map(ask))).flat()
}

/** What the kernel tracks on the node, without what a clock changes. */
async function trackedFlows(): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['ipv4', 'ipv6'].map((family) => lab.exec('node', 'conntrack', ['-L', '-p', 'udp', '-f', family])),
  )
  return lists
    .flatMap((list) => list.split('\n').map((line) => line.replaceAll(/^udp +17 \d+ | use=\d+/g, '')))
    .toSorted()
}

test('sockets move when their endpoint goes, and stay where theirs does not', async () => {
  const ask = openSockets(30)
  const first = await ask()
  // Thirty sockets at eight doors all miss one of three endpoints never in practice.
  for (const name of endpoints) expect(first).toContain(name)
  expect(await ask()).toEqual(first)

  // Its server goes on: a socket that is still answered by it is one that was not moved.
  await program.update(manifestsOf(web, ['backend2', 'backend3']))
  await expect.poll(ask, { timeout: 10_000 }).not.toContain('backend1')
  const second = await ask()
  expect(second).toEqual(first.map((name, i) => (name === 'backend1' ? second[i] : name)))

  await program.update(manifestsOf(web, ['backend2']))
  await expect.poll(ask, { timeout: 10_000 }).toEqual(first.map(() => 'backend2'))
}, 30_000)

test('sockets are refused when the last endpoint goes, and answered when one comes', async () => {
  await program.update(manifestsOf(web, ['backend1', 'backend2']))
  const ask = openSockets(1)
  expect(await ask()).not.toContain('lost')

  await program.update(manifestsOf(web, []))
  await expect.poll(ask, { timeout: 10_000 }).toEqual(everywhere('refused'))

  await program.update(manifestsOf(web, ['backend3']))
  await expect.poll(ask, { timeout: 10_000 }).toEqual(everywhere('backend3'))

  // Nothing refuses the address of no service: it is routed away as any other.
  await program.update([])
  await expect.poll(ask, { timeout: 10_000 }).not.toContain('backend3')
}, 30_000)

test('a restart of the agent deletes nothing', async () => {
  await program.update(manifestsOf(web, endpoints))
  const ask = openSockets(5)
  const first = await ask()
  const tuple = ['-s', '203.0.113.99', '-d', '203.0.113.98', '--sport', '9', '--dport', '80']
  await lab.exec('node', 'conntrack', ['-I', '-p', 'udp', '-t', '600', ...tuple])
  const before = await trackedFlows()
  await program.stop()
  program = await programCluster(lab, manifestsOf(web, endpoints))
  // A stop lets the pass that belongs to the first sync come to its end.
  await program.stop()
  expect(await trackedFlows()).toEqual(before)
  expect(await ask()).toEqual(first)
  program = await programCluster(lab, manifestsOf(web, endpoints))
}, 30_000)
