import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { requireTools } from '../../src/host/lab/tools.ts'
import { readExposition } from '../plugins/exposition.ts'
import { dig, DnsNode, saying } from '../support/dns-node.ts'
import { ServerNamespace } from '../upstream/real-servers.ts'

const fixtures = 'test/config/corefile/fixtures'
const manifests = ['external-name', 'headless', 'dns-ports'].flatMap((name) => ['-f', `rulesets/clusters/${name}.yaml`])

let node: DnsNode
let pod: ServerNamespace

beforeAll(async () => {
  requireTools([
    { command: 'unbound', debianPackage: 'unbound' },
    { command: 'knotd', debianPackage: 'knot' },
    { command: 'dig', debianPackage: 'dnsutils' },
  ])
  node = await DnsNode.create()
  pod = await ServerNamespace.create()
  const ends = ['pod0', 'netns', node.here.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod.name]
  await node.here.run('ip', 'link', 'add', ...ends)
  await node.here.run('ip', 'address', 'add', '10.244.1.1/24', 'dev', 'pod0')
  await node.here.run('ip', 'link', 'set', 'pod0', 'up')
  for (const address of ['10.244.1.7/24', '10.244.1.8/24'])
    await pod.run('ip', 'address', 'add', address, 'dev', 'eth0')
  await pod.run('ip', 'link', 'set', 'eth0', 'up')
  for (const address of ['169.254.20.10/32', '10.96.0.10/32'])
    await node.here.run('ip', 'address', 'add', address, 'dev', 'lo')
  await node.startResolver()
}, 60_000)

afterEach(() => node.killAgents())

afterAll(async () => {
  await pod[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** The value of a metric with these labels among others, summed up. */
async function metric(at: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const { samples } = readExposition((await node.get(`${at}/metrics`)).slice(4))
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )
  return found.reduce((sum, { value }) => sum + value, 0)
}

test('the Corefile of kubeadm, as it is', { timeout: 90_000 }, async () => {
  await copyFile(join(fixtures, 'coredns-kubeadm.yaml'), join(node.here.folder, 'Corefile'))
  const agent = await node.start(...manifests, '--dns-workers', '2')
  for (const transport of ['+notcp', '+tcp']) {
    expect(await node.dig('cart.shop.svc.cluster.local', transport)).toBe(
      'NOERROR qr aa rd\ncart.shop.svc.cluster.local. 30 IN A 10.96.7.20',
    )
    expect(await node.dig('www.example.com', transport)).toMatch(
      /^NOERROR qr (aa )?rd ra\nwww\.example\.com\. (30|29) IN A 198\.51\.100\.80$/,
    )
  }
  expect(await node.dig('gone.shop.svc.cluster.local')).toMatch(
    /^NXDOMAIN qr aa rd\ncluster\.local\. 30 IN SOA ns\.dns\.cluster\.local\. hostmaster/,
  )
  expect(await node.dig('10-1-2-3.shop.pod.cluster.local')).toMatch(/ 30 IN A 10\.1\.2\.3$/)
  expect(await node.dig('-x', '10.96.7.20')).toMatch(/ 30 IN PTR cart\.shop\.svc\.cluster\.local\.$/)
  expect(await node.dig('-x', '9.9.9.9')).toMatch(/ IN PTR dns\.example\.com\.$/)
  expect(await node.dig('gone.example.com')).toMatch(/^NXDOMAIN qr (aa )?rd ra/)
  expect(await node.dig('payments.shop.svc.cluster.local')).toBe(
    [
      'NOERROR qr aa rd',
      'payments.shop.svc.cluster.local. 30 IN CNAME api.payments.example.com.',
      'api.payments.example.com. 30 IN CNAME gateway.example.com.',
      'gateway.example.com. 30 IN A 198.51.100.81',
    ].join('\n'),
  )
  for (let i = 0; i < 20; i++) await node.dig('www.example.com')

  expect(await node.get('192.0.2.10:8080/health')).toBe('200 OK')
  expect(await node.get('192.0.2.10:8181/ready')).toBe('200 OK')
  const at = '192.0.2.10:9153'
  const served = { server: 'dns://:53', zone: '.' }
  expect(await metric(at, 'coredns_dns_requests_total', { ...served, proto: 'udp', family: '1' })).toBe(28)
  expect(await metric(at, 'coredns_dns_requests_total', { ...served, proto: 'tcp' })).toBe(2)
  expect(await metric(at, 'coredns_dns_responses_total', { ...served, rcode: 'NXDOMAIN' })).toBe(2)
  expect(await metric(at, 'coredns_dns_request_duration_seconds_count', served)).toBe(30)
  const cache = { server: 'dns://:53', zones: '.' }
  const hits = await metric(at, 'coredns_cache_hits_total', { ...cache, type: 'success' })
  const misses = await metric(at, 'coredns_cache_misses_total', cache)
  // Each thread has a cache of its own, and misses what it has not seen.
  expect(hits).toBeGreaterThanOrEqual(19)
  expect(misses).toBeGreaterThanOrEqual(3)
  expect(await metric(at, 'coredns_cache_entries', { ...cache, type: 'success' })).toBeGreaterThanOrEqual(2)
  const asked = { proxy_name: 'forward', to: '192.0.2.53:53', rcode: 'NOERROR' }
  expect(await metric(at, 'coredns_proxy_request_duration_seconds_count', asked)).toBeGreaterThanOrEqual(3)
  expect(await metric(at, 'coredns_panics_total')).toBe(0)
  const plugins = ['cache', 'errors', 'forward', 'kubernetes', 'loadbalance', 'loop', 'prometheus']
  for (const name of plugins) expect(await metric(at, 'coredns_plugin_enabled', { ...served, name })).toBe(1)
  expect(agent.printed()).toBe('')
  const ended = agent.end('SIGTERM')
  await agent.line(saying('lameduck'))
  expect(await node.dig('cart.shop.svc.cluster.local')).toContain('10.96.7.20')
  expect(await node.get('192.0.2.10:8181/ready')).toBe('503 Shutting down')
  expect(await ended).toBe(0)
})

test('the Corefile of NodeLocal DNSCache, as it is', async () => {
  await node.outside.run('ip', 'address', 'add', '10.96.183.52/32', 'dev', 'lo')
  await node.here.run('ip', 'route', 'add', '10.96.183.52', 'via', '192.0.2.53')
  const cluster =
    '$ORIGIN cluster.local.\n@ 30 SOA ns root 1 3600 600 86400 30\n@ 30 NS ns\nns 30 A 10.96.0.10\ncart.shop.svc 60 A 10.96.7.20\n'
  await using kubeDns = node.outside.knotAt('10.96.183.52@53', [
    '  - domain: cluster.local',
    `    file: ${node.outside.write('cluster.zone', cluster)}`,
  ])
  await expect
    .poll(() => dig(node.outside, '10.96.183.52', 'cart.shop.svc.cluster.local'), { timeout: 20_000 })
    .toContain('10.96.7.20')
  await copyFile(join(fixtures, 'node-local-dns.yaml'), join(node.here.folder, 'Corefile'))
  const agent = await node.start(...manifests, '--dns-workers', '3')
  for (const address of ['169.254.20.10', '10.96.0.10']) {
    // What the cluster's own DNS says, not our manifests.
    expect(await dig(node.here, address, 'cart.shop.svc.cluster.local')).toMatch(/ (30|29) IN A 10\.96\.7\.20$/)
    expect(await dig(node.here, address, 'gone.shop.svc.cluster.local')).toMatch(/^NXDOMAIN.*\ncluster.local. [45] IN/)
    expect(await dig(node.here, address, 'www.example.com')).toMatch(/ IN A 198\.51\.100\.80$/)
  }
  expect(await dig(node.here, '192.0.2.10', 'www.example.com', '+time=1')).toMatch(/^no answer/)
  expect(await node.get('169.254.20.10:8080/health')).toBe('200 OK')
  const server = 'dns://169.254.20.10:53'
  expect(await metric('127.0.0.1:9253', 'coredns_dns_requests_total', { server, zone: 'cluster.local.' })).toBe(2)
  await kubeDns[Symbol.asyncDispose]()
  expect(await dig(node.here, '10.96.0.10', 'other.shop.svc.cluster.local')).toMatch(/^SERVFAIL/)
  await expect
    .poll(() => agent.printed())
    .toMatch(/^\[ERROR\] plugin\/errors: 2 other\.shop\.svc\.cluster\.local\. A: .*\n$/)
})

test('each query is a line on stdout, in the form of CoreDNS', async () => {
  await node.write('Corefile', '.:53 {\n log\n errors\n kubernetes cluster.local\n}\n')
  const agent = await node.start(...manifests)
  await node.dig('Cart.Shop.svc.cluster.local', '+noedns')
  await node.dig('gone.shop.svc.cluster.local', 'AAAA', '+tcp')
  await expect.poll(() => agent.printed().split('\n').length, { timeout: 10_000 }).toBe(3)
  const [first, second] = agent.printed().split('\n')
  expect(first).toMatch(
    /^\[INFO\] 192\.0\.2\.10:\d+ - \d+ "A IN cart\.shop\.svc\.cluster\.local\. udp 45 false 512" NOERROR qr,aa,rd \d+ 0\.\d+s$/,
  )
  expect(second).toMatch(
    /^\[INFO\] 192\.0\.2\.10:\d+ - \d+ "AAAA IN gone\.shop\.svc\.cluster\.local\. tcp 56 false 65535" NXDOMAIN qr,aa,rd \d+ 0\.\d+s$/,
  )
})

const podObject = (name: string, namespace: string, podIP: string, nodeName = 'node-1') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { nodeName, dnsPolicy: 'ClusterFirst', containers: [{ name: 'a' }] },
  status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
})

/** What a client in the pod's namespace gets, from one of its addresses. */
const ask = (from: string, name: string) => dig(pod, '10.244.1.1', '-b', from, name)

test('autopath follows the search list of the pods of this node, and of no others', async () => {
  await node.write(
    'Corefile',
    '.:53 {\n errors\n autopath @kubernetes\n kubernetes cluster.local {\n  pods verified\n }\n prometheus :9153\n forward . /etc/resolv.conf\n}\n',
  )
  const pods = [podObject('front', 'shop', '10.244.1.7'), podObject('far', 'shop', '10.244.1.8', 'node-2')]
  const write = (items: readonly unknown[]) =>
    node.write('pods.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  const file = await write(pods)
  await node.start(...manifests, '-f', file, '--dns-workers', '3')
  expect(await ask('10.244.1.7', 'www.example.com.shop.svc.cluster.local')).toMatch(
    /^NOERROR qr .*\nwww\.example\.com\.shop\.svc\.cluster\.local\. \d+ IN CNAME www\.example\.com\.\nwww\.example\.com\. \d+ IN A 198\.51\.100\.80$/,
  )
  expect(await ask('10.244.1.7', 'cart.shop.svc.cluster.local')).toContain('10.96.7.20')
  expect(await ask('10.244.1.8', 'www.example.com.shop.svc.cluster.local')).toMatch(/^NXDOMAIN/)
  expect(await ask('10.244.1.7', 'www.example.com.web.svc.cluster.local')).toMatch(/^NXDOMAIN/)
  expect(await dig(node.here, '10.244.1.1', '10-244-1-7.shop.pod.cluster.local')).toContain('10.244.1.7')
  expect(await dig(node.here, '10.244.1.1', '10-244-1-9.shop.pod.cluster.local')).toMatch(/^NXDOMAIN/)
  expect(await metric('127.0.0.1:9153', 'coredns_autopath_success_total')).toBe(2)
  await write([podObject('other', 'web', '10.244.1.7')])
  const inShop = () => ask('10.244.1.7', 'www.example.com.shop.svc.cluster.local')
  await expect.poll(inShop, { timeout: 10_000 }).toMatch(/^NXDOMAIN/)
  expect(await ask('10.244.1.7', 'www.example.com.web.svc.cluster.local')).toContain('198.51.100.80')
})
