import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { requireTools } from '../../src/host/lab/tools.ts'
import { ServerNamespace, type Running } from '../upstream/real-servers.ts'

/** What the world outside the node says. */
const zone = `
$ORIGIN example.com.
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
www A 198.51.100.80
api.payments CNAME gateway
gateway A 198.51.100.81
text TXT ${Array.from({ length: 8 }, (_, i) => `"${String(i).repeat(200)}"`).join(' ')}
`
const corp =
  '$ORIGIN corp.example.\n@ 60 SOA ns root 1 3600 600 86400 60\n@ 60 NS ns\nns 60 A 192.0.2.53\nwiki 60 A 198.51.100.90\n'
const reverse =
  '$ORIGIN 9.in-addr.arpa.\n@ 60 SOA ns root 1 3600 600 86400 60\n@ 60 NS ns.example.com.\n9.9.9 60 PTR dns.example.com.\n'

const manifests = ['external-name', 'headless', 'dns-ports'].map((name) => join('rulesets/clusters', `${name}.yaml`))
const fixtures = join('test/config/corefile/fixtures')

let node: ServerNamespace
let outside: ServerNamespace

beforeAll(async () => {
  requireTools([
    { command: 'unbound', debianPackage: 'unbound' },
    { command: 'knotd', debianPackage: 'knot' },
    { command: 'dig', debianPackage: 'dnsutils' },
  ])
  node = await ServerNamespace.create()
  outside = await ServerNamespace.create()
  await node.link(outside, '192.0.2.10/24', '192.0.2.53/24')
  for (const address of ['169.254.20.10/32', '10.96.0.10/32'])
    await node.run('ip', 'address', 'add', address, 'dev', 'lo')
  await outside.run('ip', 'address', 'add', '10.96.183.52/32', 'dev', 'lo')
  await outside.run('ip', 'address', 'add', '192.0.2.54/24', 'dev', 'wire0')
  await node.run('ip', 'route', 'add', '10.96.183.52', 'via', '192.0.2.53')
  node.resolvConf('nameserver 192.0.2.53\nsearch node.example\n')
  const file = (name: string, text: string): string => outside.write(name, text)
  outside.knotAt('127.0.0.1@5301', [
    '  - domain: example.com',
    `    file: ${file('example.zone', zone)}`,
    '  - domain: corp.example',
    `    file: ${file('corp.zone', corp)}`,
    '  - domain: 9.in-addr.arpa',
    `    file: ${file('reverse.zone', reverse)}`,
  ])
  startUnbound()
  await vi.waitUntil(
    async () => (await dig(outside, '192.0.2.53', 'www.example.com')).includes('198.51.100.80'),
    20_000,
  )
}, 60_000)

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
})

function startUnbound(lines: readonly string[] = []): Running {
  const stubs = ['example.com', 'corp.example', '9.in-addr.arpa'].flatMap((name) => [
    'stub-zone:',
    `  name: ${name}`,
    '  stub-addr: 127.0.0.1@5301',
  ])
  return outside.unbound(
    5302,
    [
      'interface: 192.0.2.53@53',
      'access-control: 0.0.0.0/0 allow',
      'local-zone: "." static',
      'local-zone: example.com transparent',
      'local-zone: corp.example transparent',
      'local-zone: 9.in-addr.arpa transparent',
      ...lines,
    ],
    stubs,
  )
}

/** Rcode, flags and records as dig reads them, in lines. */
async function dig(from: ServerNamespace, server: string, ...question: readonly string[]): Promise<string> {
  const text = await from
    .run('dig', `@${server}`, '+tries=1', '+time=6', '+nocookie', ...question)
    .catch((error: Error) => error.message)
  const status = /status: (\w+)/.exec(text)?.[1] ?? 'no answer'
  const flags = /flags: ([^;]*);/.exec(text)?.[1] ?? ''
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
  return [`${status} ${flags}`, ...records.map((line) => line.replaceAll(/\s+/g, ' '))].join('\n')
}

/** Our server, in the node's namespace, with a Corefile or the ConfigMap that holds it. */
function serve(corefile: string): Promise<Running> {
  return node.program('test/plugins/corefile-server.ts', corefile, ...manifests)
}

describe('the Corefile of kubeadm', () => {
  let ours: Running

  beforeAll(async () => {
    ours = await serve(join(fixtures, 'coredns-kubeadm.yaml'))
  })

  afterAll(() => ours[Symbol.asyncDispose]())

  test.each([
    {
      name: ['cart.shop.svc.cluster.local'],
      want: 'NOERROR qr aa rd\ncart.shop.svc.cluster.local. 30 IN A 10.96.7.20',
    },
    {
      name: ['cart.shop.svc.cluster.local', '+tcp'],
      want: 'NOERROR qr aa rd\ncart.shop.svc.cluster.local. 30 IN A 10.96.7.20',
    },
    {
      name: ['gone.shop.svc.cluster.local'],
      want: /^NXDOMAIN qr aa rd\ncluster\.local\. 30 IN SOA ns\.dns\.cluster\.local\. hostmaster/,
    },
    {
      name: ['-x', '10.96.7.20'],
      want: 'NOERROR qr aa rd\n20.7.96.10.in-addr.arpa. 30 IN PTR cart.shop.svc.cluster.local.',
    },
    {
      name: ['-x', '9.9.9.9'],
      want: /^NOERROR qr (aa )?rd ra\n9\.9\.9\.9\.in-addr\.arpa\. (30|29) IN PTR dns\.example\.com\.$/,
    },
    { name: ['-x', '10.99.99.99'], want: /^NXDOMAIN qr (aa )?rd ra/ },
    { name: ['www.example.com'], want: /^NOERROR qr (aa )?rd ra\nwww\.example\.com\. (30|29) IN A 198\.51\.100\.80$/ },
    { name: ['text.example.com', 'TXT', '+ignore'], want: /^NOERROR qr tc rd ra$/ },
    { name: ['text.example.com', 'TXT'], want: /^NOERROR qr (aa )?rd ra\ntext\.example\.com\. \d+ IN TXT "0{200}"/ },
    {
      name: ['payments.shop.svc.cluster.local'],
      want: [
        'NOERROR qr aa rd',
        'payments.shop.svc.cluster.local. 30 IN CNAME api.payments.example.com.',
        'api.payments.example.com. 30 IN CNAME gateway.example.com.',
        'gateway.example.com. 30 IN A 198.51.100.81',
      ].join('\n'),
    },
    {
      name: ['payments.shop.svc.cluster.local', 'AAAA'],
      want: /^NOERROR qr aa rd\npayments.* CNAME api\.payments\.example\.com\.\napi.* CNAME gateway\.example\.com\.\nexample\.com\. 30 IN SOA/,
    },
    { name: ['version.bind', 'CH', 'TXT'], want: /^(NOERROR|REFUSED) qr / },
  ])('$name', async ({ name, want }) => {
    const got = await dig(node, '192.0.2.10', ...name)
    if (typeof want === 'string') expect(got).toBe(want)
    else expect(got).toMatch(want)
  })

  test('has nothing to complain of', () => {
    expect(ours.lines).toEqual(['ready'])
  })
})

test('stub domains go to their own servers', async () => {
  const corefile = node.write(
    'Corefile',
    '. {\nforward . /etc/resolv.conf\n}\ncorp.example:53 {\ncache 30\nforward . 192.0.2.54:5353 {\nforce_tcp\n}\n}\n',
  )
  outside.knotAt('192.0.2.54@5353', [
    '  - domain: corp.example',
    `    file: ${outside.write('corp2.zone', corp.replace('198.51.100.90', '198.51.100.91'))}`,
  ])
  await vi.waitUntil(
    async () => (await dig(outside, '192.0.2.54', '-p', '5353', 'wiki.corp.example')).includes('.91'),
    20_000,
  )
  await using ours = await serve(corefile)
  expect(await dig(node, '192.0.2.10', 'wiki.corp.example')).toMatch(/ A 198\.51\.100\.91$/)
  expect(await dig(node, '192.0.2.10', 'www.example.com')).toMatch(
    / 300 IN A 198\.51\.100\.80$| \d+ IN A 198\.51\.100\.80$/,
  )
  expect(ours.lines).toEqual(['ready'])
})

test('the Corefile of NodeLocal DNSCache', async () => {
  const cluster =
    '$ORIGIN cluster.local.\n@ 30 SOA ns root 1 3600 600 86400 30\n@ 30 NS ns\nns 30 A 10.96.0.10\ncart.shop.svc 60 A 10.96.7.20\n'
  const kubeDns = outside.knotAt('10.96.183.52@53', [
    '  - domain: cluster.local',
    `    file: ${outside.write('cluster.zone', cluster)}`,
  ])
  await vi.waitUntil(
    async () => (await dig(outside, '10.96.183.52', 'cart.shop.svc.cluster.local')).includes('10.96.7.20'),
    20_000,
  )
  await using ours = await serve(join(fixtures, 'node-local-dns.yaml'))
  for (const address of ['169.254.20.10', '10.96.0.10']) {
    expect(await dig(node, address, 'cart.shop.svc.cluster.local')).toMatch(
      /^NOERROR qr aa .*\ncart.* (30|29) IN A 10\.96\.7\.20$/,
    )
    expect(await dig(node, address, 'gone.shop.svc.cluster.local')).toMatch(
      /^NXDOMAIN qr aa .*\ncluster\.local\. [45] IN SOA/,
    )
    expect(await dig(node, address, 'www.example.com')).toMatch(/IN A 198\.51\.100\.80$/)
  }
  expect(await dig(node, '192.0.2.10', 'www.example.com')).toMatch(/^no answer/)
  await kubeDns[Symbol.asyncDispose]()
  expect(await dig(node, '10.96.0.10', 'cart.shop.svc.cluster.local')).toMatch(/IN A 10\.96\.7\.20$/)
  expect(await dig(node, '10.96.0.10', 'other.shop.svc.cluster.local')).toMatch(/^SERVFAIL/)
  expect(ours.lines.slice(1)).toEqual([
    expect.stringMatching(
      /^\[ERROR\] plugin\/errors: 2 other\.shop\.svc\.cluster\.local\. A: No answer from 10\.96\.183\.52:53 over TCP/,
    ),
  ])
})

test('serve_stale: what the cache has is given when the server outside is gone', async () => {
  const zoneFile = outside.write('stale.zone', corp.replaceAll(' 60 ', ' 1 '))
  const knot = outside.knotAt('192.0.2.54@5354', ['  - domain: corp.example', `    file: ${zoneFile}`])
  const fromKnot = () => dig(outside, '192.0.2.54', '-p', '5354', 'wiki.corp.example')
  await vi.waitUntil(async () => (await fromKnot()).includes('.90'), 20_000)
  const cache = 'cache {\nsuccess 2000 3600 1\nserve_stale 1h immediate 30s\n}'
  await using ours = await serve(node.write('Corefile', `. {\n${cache}\nforward . 192.0.2.54:5354\n}\n`))
  const ask = () => dig(node, '192.0.2.10', 'wiki.corp.example')
  expect(await ask()).toMatch(/ 1 IN A 198\.51\.100\.90$/)
  await knot[Symbol.asyncDispose]()
  await expect.poll(ask, { timeout: 20_000 }).toMatch(/ 30 IN A 198\.51\.100\.90$/)
  expect(await dig(node, '192.0.2.10', 'ns.corp.example')).toMatch(/^SERVFAIL/)
  expect(ours.lines).toEqual(['ready'])
})

const transfer = (from: string, ...more: readonly string[]) =>
  outside.run('dig', '@192.0.2.10', '-b', from, 'cluster.local', 'AXFR', '+onesoa', '+nostats', '+nocmd', ...more)

describe('zone transfer', () => {
  let ours: Running

  beforeAll(async () => {
    const corefile = 'cluster.local {\nerrors\nkubernetes\ntransfer {\nto 192.0.2.54\n}\n}\n'
    ours = await serve(node.write('Corefile', corefile))
  })

  afterAll(() => ours[Symbol.asyncDispose]())

  test('is for those who may have it', async () => {
    const lines = (await transfer('192.0.2.54')).trim().split('\n')
    expect(lines[0]).toMatch(
      /^cluster\.local\.\s+5\s+IN\s+SOA\s+ns\.dns\.cluster\.local\. hostmaster\.cluster\.local\. 7 /,
    )
    expect(lines.length).toBeGreaterThan(20)
    expect(
      lines.some((line) =>
        /^postgres-0\.postgres\.db\.svc\.cluster\.local\.\s+5\s+IN\s+A\s+10\.244\.1\.20$/.test(line),
      ),
    ).toBe(true)
    expect(await transfer('192.0.2.53')).toContain('; Transfer failed.')
  })

  test('fills a secondary server, which then says the same', async () => {
    const secondary = outside.knotAt(
      '127.0.0.1@5310',
      ['  - domain: cluster.local', '    master: ours', '    zonefile-sync: -1', '    journal-content: none'],
      ['remote:', '  - id: ours', '    address: 192.0.2.10', '    via: 192.0.2.54'],
    )
    const all = [
      'cart.shop.svc.cluster.local',
      'postgres-0.postgres.db.svc.cluster.local',
      'payments.shop.svc.cluster.local',
    ]
    await vi.waitUntil(
      async () => (await dig(outside, '127.0.0.1', '-p', '5310', all[0] ?? '')).includes('10.96.7.20'),
      {
        timeout: 20_000,
        interval: 200,
      },
    )
    for (const name of all) {
      // To other questions we say of an alias that there is nothing, as CoreDNS does.
      for (const type of name.startsWith('payments') ? ['CNAME'] : ['A', 'AAAA', 'CNAME', 'TXT']) {
        const theirs = (await dig(outside, '127.0.0.1', '-p', '5310', name, type)).split('\n').toSorted()
        expect(theirs, `${name} ${type}`).toEqual((await dig(outside, '192.0.2.10', name, type)).split('\n').toSorted())
      }
    }
    await secondary[Symbol.asyncDispose]()
  })
})

test('a loop through a server outside is found, and ends', async () => {
  const corefile = node.write('Corefile', '. {\nerrors\nloop\nforward . 192.0.2.53:5311\n}\n')
  const back = outside.unbound(
    5312,
    ['interface: 192.0.2.53@5311', 'access-control: 0.0.0.0/0 allow', 'local-zone: test nodefault'],
    ['forward-zone:', '  name: .', '  forward-addr: 192.0.2.10'],
  )
  await vi.waitUntil(
    () =>
      outside.run('dig', '@192.0.2.53', '-p', '5311', '+tries=1', '+time=1', 'localhost').then(
        () => true,
        () => false,
      ),
    20_000,
  )
  await using ours = await serve(corefile)
  await vi.waitUntil(
    () => ours.lines.some((line) => line.startsWith('[ERROR] plugin/loop: Loop detected for zone "."')),
    20_000,
  )
  expect(await dig(node, '192.0.2.10', 'www.example.com')).toMatch(/^SERVFAIL/)
  await back[Symbol.asyncDispose]()
})
