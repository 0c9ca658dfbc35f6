import { beforeEach, expect, test } from 'vitest'
import { readExposition } from '../plugins/exposition.ts'
import { programmed } from '../support/agent.ts'
import { Folder } from '../support/folder.ts'
import { testNode } from '../support/test-node.ts'

const node = testNode()

beforeEach(async () => {
  await node.namespace.run('ip', ['link', 'set', 'lo', 'up'])
})

interface Used {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Those that a dashboard or alert selects or groups by; the scraper adds `job`, `instance` and `cluster`. */
  readonly labels: readonly string[]
  /** Has samples only once an API server is asked. */
  readonly later?: true
}

/** What the dashboard Proxy of kubernetes-mixin asks; `go_goroutines` is left out, because there is no Go. */
const kubernetesMixin: readonly Used[] = [
  { name: 'kubeproxy_sync_proxy_rules_duration_seconds', type: 'histogram', labels: [] },
  { name: 'kubeproxy_network_programming_duration_seconds', type: 'histogram', labels: [] },
  { name: 'rest_client_requests_total', type: 'counter', labels: ['code'], later: true },
  { name: 'rest_client_request_duration_seconds', type: 'histogram', labels: ['verb'], later: true },
  { name: 'process_resident_memory_bytes', type: 'gauge', labels: [] },
  { name: 'process_cpu_seconds_total', type: 'counter', labels: [] },
]

/** What dashboard and alerts of coredns-mixin ask; latencies of other servers under the names that CoreDNS has now. */
const corednsMixin: readonly Used[] = [
  {
    name: 'coredns_dns_requests_total',
    type: 'counter',
    labels: ['proto', 'type', 'zone', 'server', 'view', 'family'],
  },
  { name: 'coredns_dns_do_requests_total', type: 'counter', labels: ['server', 'zone', 'view'] },
  { name: 'coredns_dns_request_duration_seconds', type: 'histogram', labels: ['server', 'zone', 'view'] },
  { name: 'coredns_dns_request_size_bytes', type: 'histogram', labels: ['server', 'zone', 'proto', 'view'] },
  { name: 'coredns_dns_response_size_bytes', type: 'histogram', labels: ['server', 'zone', 'proto', 'view'] },
  { name: 'coredns_dns_responses_total', type: 'counter', labels: ['rcode', 'server', 'zone', 'view', 'plugin'] },
  { name: 'coredns_cache_entries', type: 'gauge', labels: ['type'] },
  { name: 'coredns_cache_hits_total', type: 'counter', labels: ['type'] },
  { name: 'coredns_cache_misses_total', type: 'counter', labels: [] },
  { name: 'coredns_proxy_request_duration_seconds', type: 'histogram', labels: ['to', 'rcode', 'proxy_name'] },
  { name: 'coredns_forward_healthcheck_broken_total', type: 'counter', labels: [] },
  { name: 'coredns_proxy_healthcheck_failures_total', type: 'counter', labels: ['to', 'proxy_name'] },
  { name: 'process_resident_memory_bytes', type: 'gauge', labels: [] },
  { name: 'process_cpu_seconds_total', type: 'counter', labels: [] },
]

const corefile = (upstream: string) => `.:5300 {
  prometheus 127.0.0.1:9153
  kubernetes cluster.local
  cache
  forward . ${upstream}
}
elsewhere.:5301 {
  template IN A { answer "{{ .Name }} 60 IN A 198.51.100.80" }
}`

async function expectUsed(port: number, used: readonly Used[]): Promise<void> {
  const script = `fetch('http://127.0.0.1:${port}/metrics').then(async (r) => console.log(await r.text()))`
  const { types, samples } = readExposition(await node.namespace.run(process.execPath, ['-e', script]))
  for (const { name, type, labels, later } of used) {
    expect([name, types.get(name)]).toEqual([name, type])
    const own = samples.filter((sample) => sample.name === (type === 'histogram' ? `${name}_bucket` : name))
    if (later !== true) expect([name, own.length]).toEqual([name, expect.toSatisfy((count) => Number(count) > 0)])
    for (const sample of own) expect(Object.keys(sample.labels)).toEqual(expect.arrayContaining([...labels]))
  }
}

test('every metric and label that the mixins of Kubernetes and CoreDNS ask for is there', async () => {
  await node.put('three-pods')
  await using folder = await Folder.make()
  const file = await folder.write('Corefile', corefile('127.0.0.1:5301 127.0.0.1:5399'))
  const agent = node.start(['--node', 'node-1', '--corefile', file])
  await agent.line(programmed('IPv6'))
  // Of two upstream servers one answers, and the health check of the other fails.
  const ask = (name: string) => node.namespace.run('dig', ['@127.0.0.1', '-p', '5300', '+dnssec', '+tries=1', name])
  for (let i = 0; i < 8; i++) await ask(`a${i}.elsewhere`)
  await ask('a0.elsewhere')
  await ask('nothing.default.svc.cluster.local')
  await expectUsed(10249, kubernetesMixin)
  await expectUsed(9153, corednsMixin)
}, 60_000)
