import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Variant } from '../../src/backends/iptables/variant.ts'
import { podCidr } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { families, type Family } from '../../src/net/family.ts'
import { pointsman } from '../support/command-line.ts'
import { empty, manifestsOf, sticky, web } from './manifests.ts'
import { programCluster } from './program.ts'
import { requireKernelTools, variants } from './requirements.ts'

const backends = ['backend1', 'backend2'] as const
const options = ['--node', 'lab-node', '--cluster-cidr', `${podCidr.IPv4},${podCidr.IPv6}`]
const objects = [web, sticky, empty].flatMap((service) => manifestsOf(service, service === empty ? [] : backends))

/** Rows 1 to 12 of kube-proxy's table of jumps: table, chain, what else it matches, the comment, where to. */
const isNew = ['-m', 'conntrack', '--ctstate', 'NEW']
const jumps: readonly (readonly [string, string, readonly string[], string, string])[] = [
  ['filter', 'INPUT', isNew, 'kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'FORWARD', isNew, 'kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'INPUT', [], 'kubernetes health check service ports', 'KUBE-NODEPORTS'],
  ['filter', 'FORWARD', isNew, 'kubernetes service portals', 'KUBE-SERVICES'],
  ['filter', 'OUTPUT', isNew, 'kubernetes service portals', 'KUBE-SERVICES'],
  ['filter', 'FORWARD', [], 'kubernetes forwarding rules', 'KUBE-FORWARD'],
  ['filter', 'INPUT', isNew, 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL'],
  ['filter', 'OUTPUT', isNew, 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL'],
  ['filter', 'FORWARD', isNew, 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL'],
  ['nat', 'OUTPUT', [], 'kubernetes service portals', 'KUBE-SERVICES'],
  ['nat', 'PREROUTING', [], 'kubernetes service portals', 'KUBE-SERVICES'],
  ['nat', 'POSTROUTING', [], 'kubernetes postrouting rules', 'KUBE-POSTROUTING'],
]

/** Lays what kube-proxy has left on a node: Services in an order of its own, jumps one by one, canaries. */
async function layAsKubeProxy(lab: Lab, variant: Variant, family: Family, file: string): Promise<void> {
  const tool = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`
  const run = (command: string, args: readonly string[], input = '') => lab.exec('node', command, args, { input })
  const document = `iptables-${family.toLowerCase()}.rules`
  const { stdout } = await pointsman(['render', '-f', file, ...options, '--document', document])
  // Rules that count have no counters here.
  await run(`${tool}-restore`, ['--noflush', '--counters'], otherOrder(stdout))
  for (const [table, chain, match, comment, target] of jumps) {
    await run(tool, ['-t', table, '-I', chain, ...match, '-m', 'comment', '--comment', comment, '-j', target])
  }
  for (const table of ['mangle', 'nat', 'filter']) await run(tool, ['-t', table, '-N', 'KUBE-PROXY-CANARY'])
  for (const table of ['mangle', 'nat', 'filter']) await run(tool, ['-t', table, '-N', 'KUBE-KUBELET-CANARY'])
}

const isShared = (line: string) => /^-A KUBE-(SERVICES|NODEPORTS) .*"lab\//.test(line)

/** The rules of Services in chains that they share, the last Service first. */
function otherOrder(document: string): string {
  const lines = document.split('\n')
  for (const table of ['*filter', '*nat']) {
    const start = lines.indexOf(table)
    const end = lines.indexOf('COMMIT', start)
    const places = lines.flatMap((line, i) => (i > start && i < end && isShared(line) ? i : []))
    const shared = places.map((place) => lines[place] ?? '').toReversed()
    places.forEach((place, i) => {
      lines[place] = shared[i] ?? ''
    })
  }
  return lines.join('\n')
}

describe.each(variants)('iptables-%s', (variant) => {
  let lab: Lab
  let directory: string
  let file: string
  beforeEach(async () => {
    requireKernelTools()
    directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
    file = join(directory, 'cluster.json')
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    lab = await createLab({ prefix: 'pointsman-test', backends: backends.length, families, destroyOnSignals: true })
    for (const name of backends) await lab.serve(name, { name, tcp: [8080], udp: [8080] })
    // As the kubelet marks the variant of a host.
    await lab.exec('node', `iptables-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
  })
  afterEach(async () => {
    await lab.destroy()
    await rm(directory, { recursive: true })
  })

  /** New connections and datagrams, one after the other, for as long as the work takes; all must be answered. */
  const losingNone = async (work: () => Promise<void>): Promise<void> => {
    // No more of them, or the agent gets no time to run in.
    const targets = [
      { protocol: 'tcp', family: 'IPv4' },
      { protocol: 'udp', family: 'IPv6' },
    ] as const
    const loops = await Promise.all(
      targets.map(({ protocol, family }) =>
        lab.loop('client', {
          protocol,
          address: web.clusterIp[family],
          port: web.port,
          concurrency: 1,
          timeout: 10_000,
        }),
      ),
    )
    await work()
    const came = await Promise.all(loops.map((loop) => loop.stop()))
    for (const { servers, refused, timeouts, errors } of came) {
      expect({ refused, timeouts, errors }).toEqual({ refused: 0, timeouts: 0, errors: {} })
      expect(Object.keys(servers).sort()).toEqual([...backends])
      expect(Object.values(servers).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(50)
    }
  }
  const differences = () => pointsman(['diff', '-f', file, ...options], { namespace: lab.namespaceOf('node') })

  test('rules that kube-proxy has laid are adopted, and agents follow one another, without a lost connection', async () => {
    for (const family of families) await layAsKubeProxy(lab, variant, family, file)
    expect((await differences()).exitCode).toBe(0)
    await losingNone(async () => {
      const first = await programCluster(lab, objects)
      // What kube-proxy had is ours now.
      expect(await differences()).toMatchObject({ exitCode: 0, stdout: '' })
      const second = await programCluster(lab, objects)
      await first.stop()
      await second.update([...objects.slice(0, 3), ...manifestsOf(sticky, ['backend1'])])
      await second.stop()
    })
  }, 300_000)

  test('SIGKILL at random moments, also of a start from nothing to more, loses no connection', async () => {
    const program = await programCluster(lab, manifestsOf(web, backends))
    await program.stop()
    await losingNone(async () => {
      for (let i = 0; i < 4; i++) {
        const items = i % 2 === 0 ? objects : manifestsOf(web, backends)
        await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
        const args = [resolve('src/main.ts'), 'run', '-f', file, '--no-dns', ...options]
        const child = lab.spawn('node', process.execPath, args)
        child.stdout.resume()
        // Its first line is there before anything is programmed.
        await once(child.stderr, 'data')
        child.stderr.resume()
        await delay(randomInt(400))
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    })
  }, 300_000)
})
