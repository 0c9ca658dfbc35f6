import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DnsCounts } from '../../src/agent/dns-counts.ts'
import { expose } from '../../src/agent/exposition.ts'
import { defaultCorefile } from '../../src/config/default-corefile.ts'
import { parseCorefile } from '../../src/config/corefile/corefile.ts'
import type { DnsEvent, QueryEvent } from '../../src/plugins/events.ts'
import { DnsMetrics } from '../../src/plugins/prometheus/dns-metrics.ts'
import { describeMetrics, readExposition } from './exposition.ts'

const served = { server: 'dns://:53', zone: '.', view: '' } as const
const cached = { server: 'dns://:53', zones: '.', view: '' } as const

const query: QueryEvent = {
  kind: 'query',
  labels: served,
  transport: 'udp',
  family: 1,
  type: 1,
  dnssecOk: false,
  rcode: 0,
  plugin: 'kubernetes',
  requestSize: 46,
  responseSize: 73,
  milliseconds: 0.3,
}

/** The samples of what these events count, as `name{values} value`, without zeros. */
async function counted(...events: readonly DnsEvent[]): Promise<readonly string[]> {
  const metrics = new DnsMetrics()
  for (const event of events) metrics.observe(event)
  const { samples } = readExposition(await expose([metrics.snapshot()]))
  return samples
    .filter(({ value }) => value !== 0)
    .map(({ name, labels, value }) => `${name.replace('coredns_', '')}{${Object.values(labels).join()}} ${value}`)
}

const exchange = { kind: 'exchange', target: '192.0.2.8:53', milliseconds: 3 } as const

const cases: readonly { readonly name: string; readonly event: DnsEvent; readonly want: readonly string[] }[] = [
  {
    name: 'DO has a counter of its own',
    event: { ...query, dnssecOk: true },
    want: ['dns_do_requests_total{dns://:53,.,} 1'],
  },
  {
    name: 'the transport and the family are labels',
    event: { ...query, transport: 'tcp', family: 2, type: 28 },
    want: ['dns_requests_total{dns://:53,.,,tcp,2,AAAA} 1'],
  },
  {
    name: 'a type that CoreDNS does not know is other',
    event: { ...query, type: 999 },
    want: ['dns_requests_total{dns://:53,.,,udp,1,other} 1'],
  },
  {
    name: 'HTTPS has a name',
    event: { ...query, type: 65 },
    want: ['dns_requests_total{dns://:53,.,,udp,1,HTTPS} 1'],
  },
  {
    name: 'an answer that nobody wrote has no plugin',
    event: { ...query, rcode: 2, plugin: '' },
    want: ['dns_responses_total{dns://:53,.,,SERVFAIL,} 1'],
  },
  {
    name: 'a query that reached no block is dropped',
    event: { ...query, labels: { ...served, zone: 'dropped' }, rcode: 5, plugin: '' },
    want: ['dns_responses_total{dns://:53,dropped,,REFUSED,} 1'],
  },
  {
    name: 'an rcode without a name is other',
    event: { ...query, rcode: 3000 },
    want: ['dns_responses_total{dns://:53,.,,other,kubernetes} 1'],
  },
  {
    name: 'a hit is a request',
    event: { kind: 'cache', labels: cached, event: { kind: 'hit', store: 'denial' } },
    want: ['cache_requests_total{dns://:53,.,} 1', 'cache_hits_total{dns://:53,denial,.,} 1'],
  },
  {
    name: 'a miss is a request',
    event: { kind: 'cache', labels: cached, event: { kind: 'miss' } },
    want: ['cache_requests_total{dns://:53,.,} 1', 'cache_misses_total{dns://:53,.,} 1'],
  },
  {
    name: 'a stale answer is a request',
    event: { kind: 'cache', labels: cached, event: { kind: 'served-stale' } },
    want: ['cache_requests_total{dns://:53,.,} 1', 'cache_served_stale_total{dns://:53,.,} 1'],
  },
  {
    name: 'an eviction names its store',
    event: { kind: 'cache', labels: cached, event: { kind: 'evicted', store: 'success' } },
    want: ['cache_evictions_total{dns://:53,success,.,} 1'],
  },
  {
    name: 'an exchange is timed',
    event: { kind: 'forward', event: { ...exchange, rcode: 3 } },
    want: [
      'proxy_request_duration_seconds_bucket{forward,192.0.2.8:53,NXDOMAIN,0.004} 1',
      'proxy_request_duration_seconds_sum{forward,192.0.2.8:53,NXDOMAIN} 0.003',
    ],
  },
  {
    name: 'a health check that failed',
    event: { kind: 'forward', event: { kind: 'health-check-failed', target: '192.0.2.8:53', reason: 'x' } },
    want: ['proxy_healthcheck_failures_total{forward,192.0.2.8:53} 1'],
  },
  {
    name: 'all servers down',
    event: { kind: 'forward', event: { kind: 'all-down' } },
    want: ['forward_healthcheck_broken_total{} 1'],
  },
  {
    name: 'too many under way',
    event: { kind: 'forward', event: { kind: 'refused' } },
    want: ['forward_max_concurrent_rejects_total{} 1'],
  },
  { name: 'a defect', event: { kind: 'panic', error: new Error('x') }, want: ['panics_total{} 1'] },
]

test.each(cases)('$name', async ({ event, want }) => {
  expect(await counted(event)).toEqual(expect.arrayContaining([...want]))
})

test('an exchange without a reply is not timed', async () => {
  expect(await counted({ kind: 'forward', event: { ...exchange, reason: 'no reply' } })).toEqual([])
})

test('a value on the bound of a bucket is in it', async () => {
  const found = await counted({ ...query, requestSize: 511, responseSize: 512, milliseconds: 0.25 })
  expect(found).toContain('dns_request_size_bytes_bucket{dns://:53,.,,udp,511} 1')
  expect(found).not.toContain('dns_request_size_bytes_bucket{dns://:53,.,,udp,400} 1')
  expect(found).not.toContain('dns_response_size_bytes_bucket{dns://:53,.,,udp,511} 1')
  expect(found).toContain('dns_request_duration_seconds_bucket{dns://:53,.,,0.00025} 1')
})

test('labels of a reload go on counting where those before it stopped', async () => {
  const found = await counted(query, { ...query, labels: { ...served } })
  expect(found).toContain('dns_requests_total{dns://:53,.,,udp,1,A} 2')
})

test('names, types, labels and buckets are those that CoreDNS 1.14.7 printed', async () => {
  const metrics = new DnsMetrics()
  for (const { event } of cases) metrics.observe(event)
  metrics.setCaches([{ labels: cached, sizes: () => ({ success: 7, denial: 0 }) }])
  metrics.of.aclAllowed.count('dns://:53', '')
  metrics.of.aclBlocked.count('dns://:53', '.', '')
  metrics.of.templateMatches.count('dns://:53', '.', '', 'IN', 'MX')
  const counts = new DnsCounts('1.2.3')
  const text = '. {\n prometheus\n hosts /etc/hosts\n whoami\n bind 192.0.2.1\n}\n'
  const corefile = parseCorefile({ name: 'x', text }, { environment: () => undefined, files: () => [] })
  const blocks = [{ block: 0, zones: ['.'] }]
  const listen = [{ host: '192.0.2.1', port: 53, server: 'dns://192.0.2.1:53', named: true, blocks }]
  const setup = { corefile, listen, hosts: new Map([['/etc/hosts', { text: '192.0.2.1 a b\n', changedMs: 1000 }]]) }
  counts.running(setup, 'hash')
  counts.hostsRead(setup, '/etc/hosts')
  const ours = describeMetrics(await expose([counts.snapshot(), metrics.snapshot()]))
  const fixture = readFileSync('test/plugins/fixtures/coredns-metrics.txt', 'utf8').trimEnd().split('\n')
  expect(ours).toEqual(expect.arrayContaining(fixture))
})

test('a block without the plugin prometheus says nothing of its plugins', async () => {
  const counts = new DnsCounts('1.2.3')
  const blocks = [{ block: 0, zones: ['cluster.local.'] }]
  const listen = [{ host: '192.0.2.1', port: 53, server: 'dns://192.0.2.1:53', named: true, blocks }]
  counts.running({ corefile: defaultCorefile('cluster.local'), listen, hosts: new Map() }, 'hash')
  expect(await expose([counts.snapshot()])).not.toContain('plugin_enabled')
})

/** The samples of these threads together, sorted; sums of fractions differ in their last digits. */
async function sampled(threads: Parameters<typeof expose>[0]): Promise<readonly string[]> {
  const { samples } = readExposition(await expose(threads))
  return samples.map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value.toPrecision(9)}`).sort()
}

test('figures of several threads are their sum', async () => {
  const event = fc.constantFrom(...cases.map((one) => one.event))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(event, { maxLength: 20 }), { maxLength: 4 }), async (threads) => {
      const snapshots = threads.map((events) => {
        const metrics = new DnsMetrics()
        for (const one of events) metrics.observe(one)
        return structuredClone(metrics.snapshot())
      })
      const one = new DnsMetrics()
      for (const each of threads.flat()) one.observe(each)
      expect(await sampled(snapshots)).toEqual(await sampled(threads.length === 0 ? [] : [one.snapshot()]))
    }),
    { numRuns: 50 },
  )
})

test('label values that clients make up do not fill memory', () => {
  const metrics = new DnsMetrics()
  for (let i = 0; i < 70_000; i++) metrics.observe({ ...query, type: i % 65_536, rcode: i % 4096 })
  const series = metrics.snapshot().flatMap((metric) => metric.series)
  expect(series.length).toBeLessThan(80)
  for (let i = 0; i < 20_000; i++) metrics.of.autopath.count(String(i))
  expect(metrics.of.autopath.snapshot.series.length).toBe(10_000)
})
