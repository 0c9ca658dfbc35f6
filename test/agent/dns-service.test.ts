import { once } from 'node:events'
import { createServer } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { DnsService } from '../../src/agent/dns-service.ts'
import type { DnsServing, DnsSetup } from '../../src/agent/dns-serving.ts'
import { parseCorefile, type Corefile } from '../../src/config/corefile/corefile.ts'
import { loopTurn } from '../../src/host/loop-turn.ts'
import { DnsMetrics } from '../../src/plugins/prometheus/dns-metrics.ts'
import { readExposition } from '../plugins/exposition.ts'
import { freePort } from '../support/free-port.ts'

function read(text: string): Corefile {
  return parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
}

/** A service whose sockets are only noted. */
class Fixture {
  readonly setups: DnsSetup[] = []
  readonly lines: string[] = []
  readonly metrics = new DnsMetrics()
  readonly service: DnsService
  addresses = [{ interface: 'lo', address: '127.0.0.1' }]
  synced = false
  /** Addresses that cannot be listened on. */
  taken: readonly string[] = []
  file: Corefile

  constructor(text: string) {
    this.file = read(text)
    const serving: DnsServing = {
      update: async (setup) => {
        const bad = setup.listen.find(({ host }) => this.taken.includes(host))
        if (bad) throw new Error(`Cannot listen for DNS on ${bad.host}`)
        this.setups.push(setup)
        return setup.listen.map(({ port }) => port)
      },
      settled: async () => undefined,
      hostsChanged: () => undefined,
      collect: async () => [this.metrics.snapshot(), this.metrics.snapshot()],
      close: async () => undefined,
    }
    const log = pino({ base: null, timestamp: false }, { write: (line: string) => this.lines.push(line) })
    this.service = new DnsService(
      { corefile: this.file, readCorefile: async () => this.file, version: '1.2.3' },
      {
        serving,
        readySources: [{ name: 'kubernetes', isReady: () => this.synced }],
        addresses: () => this.addresses,
        prepare: async () => undefined,
      },
      log,
    )
  }

  /** Reloads with this Corefile. */
  async reload(text: string): Promise<void> {
    this.file = read(text)
    await this.service.reload()
  }

  /** Where DNS is answered. */
  get hosts(): readonly string[] {
    return this.setups.at(-1)?.listen.map(({ host }) => host) ?? []
  }

  /** Lines of the log with this in them. */
  said(text: string): readonly string[] {
    return this.lines.filter((line) => line.includes(text))
  }
}

function announced(zone: string, addresses: readonly string[]): string {
  return `${JSON.stringify({ level: 30, zone, addresses, msg: 'answering DNS' })}\n`
}

const fixtures: Fixture[] = []

function service(text: string): Fixture {
  const fixture = new Fixture(text)
  fixtures.push(fixture)
  return fixture
}

afterEach(async () => {
  for (const fixture of fixtures.splice(0)) await fixture.service.stop()
})

/** `200 OK`; `refused` when nobody listens. */
async function get(port: number, path: string, host = '127.0.0.1'): Promise<string> {
  try {
    const response = await fetch(`http://${host}:${port}${path}`, { headers: { Connection: 'close' } })
    return `${response.status} ${await response.text()}`
  } catch {
    return 'refused'
  }
}

test("when none of the node's own addresses can be listened on, that is told to who asked, and others go on", async () => {
  const fixture = service('. {\n bind 169.254.20.10\n whoami\n}\n')
  fixture.service.reserve(['169.254.20.10'])
  await fixture.service.start()
  fixture.taken = ['169.254.20.10']
  await expect(fixture.service.setNodeLocal(['169.254.20.10'])).rejects.toThrow(
    'Cannot listen for DNS on 169.254.20.10',
  )
  // An error that nobody takes would end the agent here.
  await loopTurn()
  fixture.taken = []
  expect(await fixture.service.setNodeLocal(['169.254.20.10'])).toEqual(new Map())
})

test('ready names what is not ready, and does not ask again what was', async () => {
  const port = await freePort()
  const fixture = service(`. {\n kubernetes cluster.local\n ready 127.0.0.1:${port}\n}\n`)
  await fixture.service.start()
  expect(await get(port, '/ready')).toBe('503 kubernetes')
  expect(fixture.said('Plugins not ready: \\"kubernetes\\"')).toHaveLength(1)
  fixture.synced = true
  expect(await get(port, '/ready')).toBe('200 OK')
  fixture.synced = false
  expect(await get(port, '/ready')).toBe('200 OK')
  expect(await get(port, '/health')).toMatch(/^404/)
  await fixture.reload(`. {\n kubernetes cluster.local\n ready 127.0.0.1:${port} {\n  monitor continuously\n }\n}\n`)
  expect(await get(port, '/ready')).toBe('503 kubernetes')
})

test('only what stands in a block with ready must be', async () => {
  const port = await freePort()
  const fixture = service(`. {\n ready 127.0.0.1:${port}\n whoami\n}\nx {\n kubernetes\n}\n`)
  await fixture.service.start()
  expect(await get(port, '/ready')).toBe('200 OK')
})

test('before it stops it is alive, but not ready; a hurry ends the wait', async () => {
  const [health, ready] = [await freePort(), await freePort()]
  const fixture = service(
    `. {\n whoami\n health 127.0.0.1:${health} {\n  lameduck 1h\n }\n ready 127.0.0.1:${ready}\n}\n`,
  )
  await fixture.service.start()
  expect(await get(ready, '/ready')).toBe('200 OK')
  const hurry = new AbortController()
  const leaving = fixture.service.lameduck(hurry.signal)
  await expect.poll(() => get(ready, '/ready'), { timeout: 10_000 }).toBe('503 Shutting down')
  expect(await get(health, '/health')).toBe('200 OK')
  expect(fixture.said('Going into lameduck mode for 3600s')).toHaveLength(1)
  hurry.abort()
  await leaving
})

test('our own /health is asked each second', { timeout: 20_000 }, async () => {
  const [port, metrics] = [await freePort(), await freePort()]
  const fixture = service(`. {\n whoami\n health :${port}\n prometheus 127.0.0.1:${metrics}\n}\n`)
  await fixture.service.start()
  const count = async (): Promise<number> => {
    const { samples } = readExposition((await get(metrics, '/metrics')).slice(4))
    return samples.find(({ name }) => name === 'coredns_health_request_duration_seconds_count')?.value ?? 0
  }
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(0)
})

test('metrics are those of all threads, of the process and of the service', async () => {
  const port = await freePort()
  const fixture = service(`. {\n whoami\n prometheus 127.0.0.1:${port}\n}\n`)
  fixture.metrics.of.panics.count()
  await fixture.service.start()
  fixture.service.counts.programmed(3)
  const value = async (name: string): Promise<unknown> => {
    const { samples } = readExposition((await get(port, '/metrics')).slice(4))
    return samples
      .filter((sample) => sample.name === name)
      .map(({ labels, value: one }) => [Object.values(labels), one])
  }
  expect(await value('coredns_panics_total')).toEqual([[[], 2]])
  // Asking changes nothing.
  expect(await value('coredns_panics_total')).toEqual([[[], 2]])
  expect(await value('coredns_build_info')).toEqual([[['1.2.3', '', ''], 1]])
  expect(await value('coredns_plugin_enabled')).toEqual([
    [['dns://:53', '.', '', 'prometheus'], 1],
    [['dns://:53', '.', '', 'whoami'], 1],
  ])
  expect(await value('coredns_reload_failed_total')).toEqual([[[], 0]])
  expect(await value('coredns_reload_version_info')).toEqual([
    [['sha512', expect.stringMatching(/^[0-9a-f]{128}$/)], 1],
  ])
  expect(await value('coredns_kubernetes_dns_programming_duration_seconds_sum')).toEqual([
    [['headless_with_selector'], 3],
  ])
  expect(await value('process_start_time_seconds')).toEqual([
    [[], expect.closeTo(Date.now() / 1000 - process.uptime(), -1)],
  ])
  expect(await value('process_resident_memory_bytes')).toEqual([[[], expect.any(Number)]])
  expect(await value('nodejs_active_handles_total')).toEqual([])
  await fixture.reload(`. {\n whoami\n prometheus 127.0.0.1:${port} {\n  runtime_metrics\n }\n}\n`)
  expect(await value('nodejs_active_handles_total')).toEqual([[[], expect.any(Number)]])
})

test('a reload opens what is new before it closes what goes, and keeps what stays', async () => {
  const [a, b] = [await freePort(), await freePort()]
  const fixture = service(`. {\n whoami\n health 127.0.0.1:${a}\n}\n`)
  await fixture.service.start()
  await fixture.reload(`. {\n whoami\n health 127.0.0.1:${b}\n ready 127.0.0.1:${a}\n}\n`)
  expect(await get(a, '/ready')).toBe('200 OK')
  expect(await get(a, '/health')).toMatch(/^404/)
  expect(await get(b, '/health')).toBe('200 OK')
  // From one address to all of them: both hold the port for a moment.
  await fixture.reload(`. {\n whoami\n health :${b}\n}\n`)
  expect(await get(b, '/health', '127.0.0.2')).toBe('200 OK')
  expect(await get(a, '/ready')).toBe('refused')
})

test('a port that is taken ends the start, and at a reload nothing but the reload', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const bad = service(`. {\n whoami\n health 127.0.0.1:${port}\n}\n`)
  await expect(bad.service.start()).rejects.toThrow(`Cannot serve HTTP at 127.0.0.1 port ${port}: `)

  const [old, fresh] = [await freePort(), await freePort()]
  const fixture = service(`. {\n whoami\n health 127.0.0.1:${old}\n prometheus 127.0.0.1:${old}\n}\n`)
  await fixture.service.start()
  await fixture.reload(`. {\n errors\n health 127.0.0.1:${fresh}\n ready 127.0.0.1:${port}\n}\n`)
  expect(fixture.said(`Corefile changed but reload failed: Cannot serve HTTP at 127.0.0.1 port ${port}`)).toHaveLength(
    1,
  )
  expect(await get(old, '/health')).toBe('200 OK')
  expect(await get(fresh, '/health')).toBe('refused')
  expect(fixture.setups).toHaveLength(1)
  expect(await get(old, '/metrics')).toContain('coredns_reload_failed_total 1')
  taken.close()
})

test('DNS that cannot listen keeps the old HTTP servers too', async () => {
  const [old, fresh] = [await freePort(), await freePort()]
  const fixture = service(`. {\n whoami\n health 127.0.0.1:${old}\n}\n`)
  await fixture.service.start()
  fixture.taken = ['192.0.2.1']
  await fixture.reload(`. {\n bind 192.0.2.1\n whoami\n health 127.0.0.1:${fresh}\n}\n`)
  expect(fixture.said('reload failed: Cannot listen for DNS on 192.0.2.1')).toHaveLength(1)
  expect(await get(old, '/health')).toBe('200 OK')
  expect(await get(fresh, '/health')).toBe('refused')
  expect(fixture.hosts).toEqual(['127.0.0.1'])
})

test('addresses come and go', async () => {
  const fixture = service('. {\n whoami\n}\n')
  await fixture.service.start()
  fixture.addresses = [...fixture.addresses, { interface: 'eth0', address: '192.0.2.1' }]
  await fixture.service.checkAddresses()
  expect(fixture.hosts).toEqual(['127.0.0.1', '192.0.2.1'])
  await fixture.service.checkAddresses()
  expect(fixture.setups).toHaveLength(2)
  fixture.addresses = [{ interface: 'eth0', address: '192.0.2.1' }]
  await fixture.service.checkAddresses()
  expect(fixture.hosts).toEqual(['192.0.2.1'])
})

test('of all addresses one may be taken: it is warned of once, and tried again', async () => {
  const fixture = service('. {\n whoami\n}\n')
  fixture.addresses = ['127.0.0.1', '192.0.2.1', '192.0.2.2'].map((address) => ({ interface: 'eth0', address }))
  fixture.taken = ['192.0.2.1']
  await fixture.service.start()
  expect(fixture.hosts).toEqual(['127.0.0.1', '192.0.2.2'])
  await fixture.service.checkAddresses()
  expect(fixture.said('Cannot listen for DNS on 192.0.2.1')).toHaveLength(1)
  fixture.taken = []
  await fixture.service.checkAddresses()
  expect(fixture.hosts).toEqual(['127.0.0.1', '192.0.2.1', '192.0.2.2'])
})

test('where nothing can be listened on, or one that is named cannot, there is no start', async () => {
  const all = service('. {\n whoami\n}\n')
  all.taken = ['127.0.0.1']
  await expect(all.service.start()).rejects.toThrow('Cannot listen for DNS on 127.0.0.1')
  const named = service('. {\n bind 192.0.2.1\n whoami\n}\nx:54 {\n whoami\n}\n')
  named.taken = ['192.0.2.1']
  await expect(named.service.start()).rejects.toThrow('Cannot listen for DNS on 192.0.2.1')
})

test('an interface that is not there is warned of, and followed', async () => {
  const fixture = service('. {\n bind lo eth7\n whoami\n}\n')
  await fixture.service.start()
  await fixture.service.checkAddresses()
  expect(fixture.said('bind eth7: this node has no interface of that name with an address')).toHaveLength(1)
  fixture.addresses = [...fixture.addresses, { interface: 'eth7', address: '192.0.2.7' }]
  await fixture.service.checkAddresses()
  expect(fixture.hosts).toEqual(['127.0.0.1', '192.0.2.7'])
})

test('each zone is announced with its addresses, and again when they change', async () => {
  const fixture = service('a b:54 {\n whoami\n}\n')
  await fixture.service.start()
  expect(fixture.said('answering')).toEqual([
    announced('dns://a.:53', ['127.0.0.1']),
    announced('dns://b.:54', ['127.0.0.1']),
  ])
  await fixture.reload('a {\n errors\n}\nb:54 {\n whoami\n}\n')
  expect(fixture.said('answering')).toHaveLength(2)
})
