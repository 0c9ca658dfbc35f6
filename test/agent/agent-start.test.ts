import { Resolver } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { Agent, type AgentOptions } from '../../src/agent/agent.ts'
import type { ClusterChanges, ClusterSource } from '../../src/agent/cluster-source.ts'
import { iptablesBackend } from '../../src/agent/iptables-backend.ts'
import type { IptablesTool } from '../../src/agent/iptables-tool.ts'
import { parseCorefile } from '../../src/config/corefile/corefile.ts'
import type { AddressPort } from '../../src/config/address-port.ts'
import { RequestMetrics } from '../../src/agent/request-metrics.ts'
import { faceSettings } from '../../src/cli/face-settings.ts'
import { createLog } from '../../src/host/log.ts'
import { families } from '../../src/net/family.ts'
import { parseObjects } from '../support/cluster.ts'
import { freePort } from '../support/free-port.ts'

/** How many records a server on this machine has, or what it says instead. */
async function askQuery(port: number, name: string, type: string): Promise<string> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  return resolver.resolve(name, type).then(
    (records) => `${Array.isArray(records) ? records.length : 1} records`,
    ({ code }: NodeJS.ErrnoException) => String(code),
  )
}

const now = new AbortController()
now.abort()

const web = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { clusterIP: '10.96.0.20', ports: [{ port: 80 }] },
}

/** A cluster whose first list is complete when the test says so. */
class SlowSource implements ClusterSource {
  readonly nodesMayLack = true
  readonly #first = Promise.withResolvers<ClusterChanges>()
  readonly #later: ClusterChanges = { put: [], removed: [], errors: [] }
  readonly read = vi
    .fn<ClusterSource['read']>(async () => this.#later)
    .mockImplementationOnce(() => this.#first.promise)
  readonly follow = vi.fn<ClusterSource['follow']>()

  complete(objects: readonly unknown[]): void {
    this.#first.resolve({ put: parseObjects(objects), removed: [], errors: [] })
  }

  async close(): Promise<void> {}
}

const agents: Agent[] = []
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop(now.signal)
})

const ruleset = {
  nodeName: 'node-1',
  masqueradeAll: false,
  localDetection: { mode: 'NodeCIDR' },
  nodePortNetworks: [],
} as const

function face(metricsBindAddress: AddressPort | 'off') {
  return faceSettings({ metricsBindAddress, healthzBindAddress: 'off' }, new RequestMetrics())
}

function begin(source: ClusterSource, options: Partial<AgentOptions>) {
  const lines: string[] = []
  const log = createLog({ format: 'json' }, { write: (line) => lines.push(line) })
  const agent = new Agent(
    source,
    {
      ruleset,
      backends: [],
      face: face('off'),
      ...options,
    },
    log,
  )
  agents.push(agent)
  return { agent, lines, started: agent.start() }
}

function kernel() {
  const tool = {
    save: vi.fn<IptablesTool['save']>(async () => ''),
    saveLines: vi.fn<IptablesTool['saveLines']>(async () => undefined),
    restore: vi.fn<IptablesTool['restore']>(async () => undefined),
    hasCanary: vi.fn<IptablesTool['hasCanary']>(async () => true),
  }
  const backends = families.map((family) => iptablesBackend(ruleset, { family, tool, blockLines: 1000, dryRun: false }))
  return { tool, backends }
}

test('before the first list is complete nothing is read from the kernel or written to it, and a stop is at once', async () => {
  const { tool, backends } = kernel()
  const source = new SlowSource()
  const port = await freePort()
  const { agent, started } = begin(source, { backends, face: face({ host: '127.0.0.1', port }) })
  // Metrics are there from the start.
  await expect
    .poll(() => fetch(`http://127.0.0.1:${port}/proxyMode`).then((response) => response.text(), String))
    .toBe('iptables')
  const before = performance.now()
  await agent.stop(new AbortController().signal)
  await started
  expect(performance.now() - before).toBeLessThan(1000)
  source.complete([web])
  await sleep(0)
  const { save, saveLines, restore, hasCanary } = tool
  expect([save, saveLines, restore, hasCanary].map(({ mock }) => mock.calls)).toEqual([[], [], [], []])
  expect(source.follow).not.toHaveBeenCalled()
})

test('a cluster that is not there after 5 s: its names are SERVFAIL, others are answered, until it is complete', async () => {
  const [dns, ready] = [await freePort(), await freePort()]
  const text = `.:${dns} {
    bind 127.0.0.1
    ready 127.0.0.1:${ready}
    template IN A example.org {
      answer "{{ .Name }} 60 IN A 192.0.2.80"
    }
    kubernetes cluster.local in-addr.arpa {
      fallthrough in-addr.arpa
    }
    k8s_external example.com
  }`
  const corefile = parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
  const source = new SlowSource()
  const begun = performance.now()
  const { lines, started } = begin(source, { dns: { corefile, version: '1', workers: 1, search: { search: [] } } })
  const ask = (name: string, type: string) => askQuery(dns, name, type)
  const readiness = () =>
    fetch(`http://127.0.0.1:${ready}/ready`).then(
      async (r) => `${r.status} ${await r.text()}`,
      () => 'refused',
    )
  await expect.poll(readiness, { timeout: 15_000 }).toBe('503 kubernetes')
  expect(performance.now() - begun).toBeGreaterThan(4900)
  await expect.poll(() => ask('www.example.org.', 'A')).toBe('1 records')
  // As CoreDNS 1.14.7 answers with an API server that is not there; but that denies the name for outside, which may exist.
  expect(
    await Promise.all(
      [
        ['web.shop.svc.cluster.local.', 'A'],
        ['_http._tcp.web.shop.svc.cluster.local.', 'SRV'],
        ['shop.svc.cluster.local.', 'A'],
        ['20.0.96.10.in-addr.arpa.', 'PTR'],
        ['web.shop.example.com.', 'A'],
      ].map(([name = '', type = '']) => ask(name, type)),
    ),
  ).toEqual(Array.from({ length: 5 }, () => 'ESERVFAIL'))
  expect(await ask('cluster.local.', 'SOA')).toBe('1 records')
  expect(await ask('svc.cluster.local.', 'A')).toBe('ENODATA')
  expect(lines.filter((line) => line.includes('not complete after 5 s'))).toHaveLength(1)

  source.complete([web])
  await started
  expect(await ask('web.shop.svc.cluster.local.', 'A')).toBe('1 records')
  expect(await ask('none.shop.svc.cluster.local.', 'A')).toBe('ENOTFOUND')
  expect(await readiness()).toBe('200 OK')
}, 30_000)

test('with --dns-after-rules nothing is answered before rules were tried, and no name of the cluster before they arrived', async () => {
  const dns = await freePort()
  const text = `.:${dns} {\n bind 127.0.0.1\n kubernetes cluster.local\n}\n`
  const corefile = parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
  const { tool, backends } = kernel()
  const first = Promise.withResolvers<void>()
  tool.restore.mockImplementation(() => first.promise)
  const source = new SlowSource()
  source.complete([web])
  const options = { corefile, version: '1', workers: 1, search: { search: [] }, afterRules: true }
  const { lines, started } = begin(source, { backends, dns: options })
  await expect.poll(() => tool.restore.mock.calls.length).toBe(1)
  expect(lines.filter((line) => line.includes('answering DNS'))).toEqual([])
  tool.restore.mockRejectedValue(new Error('the kernel is busy'))
  first.reject(new Error('the kernel is busy'))
  await started
  expect(await askQuery(dns, 'web.shop.svc.cluster.local.', 'A')).toBe('ESERVFAIL')
  tool.restore.mockImplementation(async () => undefined)
  await expect.poll(() => askQuery(dns, 'web.shop.svc.cluster.local.', 'A'), { timeout: 10_000 }).toBe('1 records')
}, 20_000)
