import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { manifestsOf, web } from './manifests.ts'
import { dig, DnsNode, saying } from '../support/dns-node.ts'
import type { RunningAgent } from '../support/agent.ts'

let node: DnsNode

beforeAll(async () => {
  node = await DnsNode.create()
  await node.startResolver()
}, 60_000)

afterEach(() => node.killAgents())

afterAll(() => node[Symbol.asyncDispose]())

/** Puts a Service `lab/web` in place with this number at the end of its addresses; returns the options that name the file. */
async function putService(number: number, ...more: readonly unknown[]): Promise<readonly string[]> {
  const clusterIp = { IPv4: `10.96.0.${number}`, IPv6: `2001:db8:96::${number.toString(16)}` }
  const items = [...manifestsOf({ ...web, clusterIp }, []), ...more]
  return ['-f', await node.write('cluster.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))]
}

const name = 'web.lab.svc.cluster.local'

/** What so many clients get, each of which the kernel gives a thread of its choice. */
async function everywhere(count = 30, ...question: readonly string[]): Promise<ReadonlySet<string>> {
  const asked = question.length > 0 ? question : [name]
  const answers = Array.from({ length: count }, () =>
    node.here.run('dig', '@192.0.2.10', '+short', '+tries=1', ...asked),
  )
  return new Set((await Promise.all(answers)).map((text) => text.trim()))
}

/** Puts a Corefile in place and lets the agent look at it. */
async function reload(agent: RunningAgent, content: string): Promise<void> {
  await node.write('Corefile', content)
  process.kill(agent.pid ?? 0, 'SIGUSR1')
}

const corefile = (...plugins: readonly string[]) => `.:53 {\n ${['errors', ...plugins].join('\n ')}\n}\n`
const kubernetes = 'kubernetes cluster.local in-addr.arpa ip6.arpa'

test(
  'a changed Service is answered so by all threads, also after a refused Corefile',
  { timeout: 60_000 },
  async () => {
    await node.write('Corefile', corefile(kubernetes))
    const agent = await node.start(...(await putService(20)), '--dns-workers', '3')
    expect(await everywhere()).toEqual(new Set(['10.96.0.20']))
    await putService(21)
    await expect.poll(() => everywhere(), { timeout: 10_000 }).toEqual(new Set(['10.96.0.21']))
    expect(await node.dig('-x', '10.96.0.21')).toContain(`PTR ${name}.`)
    expect(await node.dig('-x', '10.96.0.20')).toMatch(/^NXDOMAIN/)

    for (const bad of [
      corefile(kubernetes, 'bind 192.0.2.10 192.0.2.77'),
      corefile(`${kubernetes} {\n ttl 7\n }`, 'forward . /nowhere'),
      '.:53 {\n whoami x\n}\n',
    ]) {
      await reload(agent, bad)
      await agent.line(saying('reload failed'))
    }
    await putService(22)
    await expect.poll(() => everywhere(), { timeout: 10_000 }).toEqual(new Set(['10.96.0.22']))
    await reload(agent, corefile(`${kubernetes} {\n ttl 7\n }`))
    await agent.line(saying('Reloading complete'))
    expect(await node.dig(name)).toBe(`NOERROR qr aa rd\n${name}. 7 IN A 10.96.0.22`)
    await putService(23)
    await expect.poll(() => everywhere(), { timeout: 10_000 }).toEqual(new Set(['10.96.0.23']))
  },
)

test('A and AAAA of a name come from one state, on each thread', { timeout: 60_000 }, async () => {
  await node.write('Corefile', corefile(kubernetes))
  await node.start(...(await putService(1)), '--dns-workers', '3')
  const client = node.here.run(process.execPath, 'test/kernel/pair-client.ts', '192.0.2.10', name, '5')
  const changes = { over: false }
  void client.finally(() => {
    changes.over = true
  })
  let number = 1
  while (!changes.over && number < 250) {
    await putService(++number)
    await expect.poll(() => everywhere(1), { timeout: 10_000 }).toEqual(new Set([`10.96.0.${number}`]))
  }
  const { asked, seen, wrong } = JSON.parse(await client)
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(1000)
  expect(seen).toBeGreaterThan(5)
})

test(
  'a hosts file is followed by all threads, counted, and also when a Corefile was refused',
  { timeout: 60_000 },
  async () => {
    const hosts = await node.write('hosts', '198.51.100.1 box.example\n')
    const plugins = [
      `hosts ${hosts} {\n 198.51.100.9 inline.example\n reload 100ms\n fallthrough\n }`,
      'prometheus :9153',
    ]
    await node.write('Corefile', corefile(...plugins))
    const agent = await node.start(...(await putService(20)), '--dns-workers', '3')
    expect(await everywhere(20, 'box.example')).toEqual(new Set(['198.51.100.1']))
    const entries = async () => /^coredns_hosts_entries\{.*$/m.exec(await node.get('192.0.2.10:9153/metrics'))?.[0]
    expect(await entries()).toBe(`coredns_hosts_entries{hostsfile="${hosts}"} 4`)
    await node.write('hosts', '198.51.100.2 box.example crate.example\n')
    await expect.poll(() => everywhere(20, 'box.example'), { timeout: 10_000 }).toEqual(new Set(['198.51.100.2']))
    expect(await entries()).toBe(`coredns_hosts_entries{hostsfile="${hosts}"} 6`)
    for (let i = 3; i < 8; i++) {
      await node.write('hosts', `198.51.100.${i} box.example\n`)
      await reload(agent, corefile(...plugins, `bind 192.0.2.${70 + i}`))
      await agent.line(saying('reload failed'))
      await expect.poll(() => everywhere(20, 'box.example'), { timeout: 10_000 }).toEqual(new Set([`198.51.100.${i}`]))
    }
  },
)

test('changes of addresses leave the caches full', { timeout: 60_000 }, async () => {
  await node.write('Corefile', corefile('cache 300', 'forward . 192.0.2.53', 'prometheus :9153'))
  const agent = await node.start(...(await putService(20)), '--iptables-sync-period', '1s')
  await node.dig('www.example.com')
  const entries = async () =>
    /^coredns_cache_entries\{.*type="success".* (\d+)$/m.exec(await node.get('192.0.2.10:9153/metrics'))?.[1]
  expect(await entries()).toBe('1')
  await node.here.run('ip', 'address', 'add', '192.0.2.11/24', 'dev', 'wire0')
  await agent.line(saying('answering DNS'))
  expect(await dig(node.here, '192.0.2.11', 'www.example.com')).toContain('198.51.100.80')
  await reload(agent, corefile('cache 300', 'bind 192.0.2.78', 'forward . 192.0.2.53', 'prometheus :9153'))
  await agent.line(saying('reload failed'))
  await node.here.run('ip', 'address', 'delete', '192.0.2.11/24', 'dev', 'wire0')
  await agent.line(saying('answering DNS'))
  expect(await entries()).toBe('1')
})

test('an interface that comes and goes is listened on while it is there', { timeout: 60_000 }, async () => {
  await node.write('Corefile', corefile('bind coming wire0', kubernetes))
  const agent = await node.start(...(await putService(20)), '--iptables-sync-period', '1s', '--dns-workers', '2')
  expect(await everywhere(5)).toEqual(new Set(['10.96.0.20']))
  for (let times = 0; times < 2; times++) {
    await node.here.run('ip', 'link', 'add', 'coming', 'type', 'veth', 'peer', 'name', 'other')
    await node.here.run('ip', 'address', 'add', '192.0.2.200/32', 'dev', 'coming')
    // Without its other end it has no carrier, and Node does not know its addresses.
    for (const end of ['coming', 'other']) await node.here.run('ip', 'link', 'set', end, 'up')
    await agent.line((line) => JSON.stringify(line['addresses'])?.includes('192.0.2.200') ?? false)
    expect(await dig(node.here, '192.0.2.200', name)).toContain('10.96.0.20')
    await node.here.run('ip', 'link', 'delete', 'coming')
    await agent.line((line) => saying('answering DNS')(line) && !JSON.stringify(line).includes('192.0.2.200'))
  }
  expect(await everywhere(5)).toEqual(new Set(['10.96.0.20']))
})

test('port 0 is one that is free, and stays the same through reloads', { timeout: 60_000 }, async () => {
  await node.write('Corefile', corefile(kubernetes))
  const listen = ['--dns-listen', '127.0.0.1:0', '--dns-workers', '3']
  const agent = node.begin(...(await putService(20)), ...listen)
  const { zone } = await agent.line(saying('answering DNS'))
  const first = /:(\d+)$/.exec(String(zone))?.[1] ?? ''
  expect(Number(first)).toBeGreaterThan(1023)
  const ask = () => dig(node.here, '127.0.0.1', '-p', first, name)
  expect(await ask()).toContain('10.96.0.20')
  await reload(agent, corefile(`${kubernetes} {\n ttl 9\n }`))
  await agent.line(saying('Reloading complete'))
  expect(await ask()).toContain(' 9 IN A 10.96.0.20')
})

test('blocks, zones and ports of all kinds stand beside each other', async () => {
  await node.write(
    'Corefile',
    [
      'cluster.local other.local {\n errors\n kubernetes cluster.local other.local {\n endpoint_pod_names\n }\n}',
      'cluster.local:5353 {\n kubernetes cluster.local {\n ttl 11\n }\n}',
      '.:53 {\n k8s_external ext.example\n kubernetes cluster.local\n forward . 192.0.2.53\n}',
      'clusterset.local:54 {\n kubernetes clusterset.local {\n multicluster clusterset.local\n }\n}',
    ].join('\n'),
  )
  const external = { ...web, name: 'out' }
  const [service, ...slices] = manifestsOf(external, [])
  const exposed = { ...Object(service), status: { loadBalancer: { ingress: [{ ip: '198.51.100.7' }] } } }
  exposed.spec = {
    ...exposed.spec,
    type: 'LoadBalancer',
    clusterIP: '10.96.0.77',
    clusterIPs: ['10.96.0.77'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  }
  const imported = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceImport',
    metadata: { namespace: 'lab', name: 'far' },
    spec: { type: 'ClusterSetIP', ips: ['10.97.0.7'], ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
  }
  await node.start(...(await putService(20, exposed, ...slices, imported)), '--dns-workers', '2')
  expect(await node.dig(name)).toContain(' 5 IN A 10.96.0.20')
  expect(await node.dig('web.lab.svc.other.local')).toContain(' 5 IN A 10.96.0.20')
  expect(await node.dig('-p', '5353', name)).toContain(' 11 IN A 10.96.0.20')
  expect(await node.dig('-p', '5353', 'www.example.com')).toMatch(/^REFUSED/)
  expect(await node.dig('out.lab.ext.example')).toContain(' IN A 198.51.100.7')
  expect(await node.dig('www.example.com')).toContain('198.51.100.80')
  expect(await node.dig('-p', '54', 'far.lab.svc.clusterset.local')).toContain(' IN A 10.97.0.7')
})
