import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { requireTools } from '../../src/host/lab/tools.ts'
import { makeCertificate, type Certificate } from './certificate.ts'
import { ServerNamespace, type Running } from './real-servers.ts'

const ports = { knot: 5301, unbound: 5302, tls: 5303, ours: 5304, extra: 5305 }

const zone = `
$ORIGIN example.test.
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::2
alias CNAME www
outside CNAME www.example.com.
@ MX 10 mail
mail A 192.0.2.3
_http._tcp SRV 1 2 80 www
@ NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
text TXT "short" "with \\"quotes\\" and \\000"
long TXT ${Array.from({ length: 8 }, (_, i) => `"${String(i).repeat(200)}"`).join(' ')}
a\\.b A 192.0.2.4
\\255 A 192.0.2.5
* HINFO "wild" "card"
strange TYPE65280 \\# 4 c00c0001
delegated NS ns.elsewhere.example.
${Array.from({ length: 100 }, (_, i) => `many A 192.0.2.${i}`).join('\n')}
`

let servers: ServerNamespace
let certificate: Certificate

beforeAll(async () => {
  requireTools([
    { command: 'unbound', debianPackage: 'unbound' },
    { command: 'knotd', debianPackage: 'knot' },
    { command: 'openssl', debianPackage: 'openssl' },
  ])
  certificate = makeCertificate('DNS:dns.example')
  servers = await ServerNamespace.create()
  await servers.swallow('192.0.2.200')
  servers.knot(ports.knot, 'example.test', zone)
  servers.unbound(
    ports.unbound,
    [
      `interface: 127.0.0.1@${ports.tls}`,
      `tls-port: ${ports.tls}`,
      `tls-service-key: ${certificate.folder}/key.pem`,
      `tls-service-pem: ${certificate.folder}/cert.pem`,
      'local-zone: which. static',
      'local-data: "which. TXT second"',
    ],
    ['stub-zone:', '  name: example.test', `  stub-addr: 127.0.0.1@${ports.knot}`],
  )
  for (const port of [ports.knot, ports.unbound]) {
    await vi.waitUntil(async () => (await ask(port, ['www.example.test'])).includes('192.0.2.2'), 20_000)
  }
}, 40_000)

afterAll(async () => {
  await servers[Symbol.asyncDispose]()
  certificate[Symbol.dispose]()
})

/** What dig reads, without what differs from one time to the next: identifier, times, sizes, and TTLs, which are counted down. */
async function ask(port: number, ...questions: readonly (readonly string[])[]): Promise<string> {
  const tuples = questions.flatMap((question) => [...question, '@127.0.0.1'])
  const options = ['+tries=1', '+time=6', '+nocmd', '+nocookie']
  const text = await servers
    .run('dig', '-p', String(port), ...options, ...tuples)
    .catch((error: Error) => error.message)
  expect(text).not.toMatch(/malformed|extra bytes/)
  return text
    .replaceAll(/^;; (Query time|SERVER|WHEN|MSG SIZE).*\n/gm, '')
    .replaceAll(/, id: \d+|[;\s]*WARNING: recursion requested.*/g, '')
    .replaceAll(/^([^;\s]\S*)\s+\d+\s+IN/gm, '$1 TTL IN')
    .trim()
}

const questions: readonly (readonly string[])[] = [
  ['www.example.test'],
  ['WwW.eXaMple.TEST', 'AAAA'],
  ['alias.example.test'],
  ['outside.example.test', 'CNAME'],
  ['example.test', 'SOA'],
  ['example.test', 'NS'],
  ['example.test', 'MX'],
  ['example.test', 'NAPTR'],
  ['_http._tcp.example.test', 'SRV'],
  ['text.example.test', 'TXT'],
  ['long.example.test', 'TXT'],
  ['long.example.test', 'TXT', '+ignore'],
  ['a\\.b.example.test'],
  ['\\255.example.test'],
  ['anything.example.test', 'HINFO'],
  ['strange.example.test', 'TYPE65280'],
  ['www.example.test', 'HTTPS'],
  ['nope.ns.example.test'],
  ['many.example.test'],
  ['many.example.test', '+ignore'],
  ['many.example.test', '+ignore', '+noedns'],
  ['example.net'],
]

test.each([
  { upstream: 'Knot', port: ports.knot },
  { upstream: 'Unbound', port: ports.unbound },
  { upstream: 'Unbound over TLS', port: ports.unbound, tls: { serverName: 'dns.example' } },
])('what dig reads through us is what it reads from $upstream', { timeout: 60_000 }, async ({ port, tls }) => {
  const server = tls ? { port: ports.tls, tls: { ...tls, ca: certificate.cert } } : { port }
  await using forwarder = await servers.forwarder({ port: ports.ours, servers: [{ host: '127.0.0.1', ...server }] })
  // Over TLS nothing is truncated before it is here, and then we put more into a datagram than Unbound does.
  const asked = tls ? questions.filter((words) => !words.includes('+ignore')) : questions
  // An authoritative server leaves CD out; we copy it, as RFC 4035 section 3.2.2 asks of a resolver.
  const flags = port === ports.knot ? [] : ['+cdflag', '+adflag']
  for (const way of [[], ['+noedns'], ['+tcp'], ['+dnssec'], ['+norecurse'], flags]) {
    const all = asked.map((words) => [...words, ...way])
    const direct = await ask(port, ...all)
    expect(direct.match(/Got answer/g)).toHaveLength(all.length)
    expect(await ask(ports.ours, ...all)).toBe(direct)
  }
  expect(exchanges(forwarder)).toBeGreaterThan(100)
})

test('from the cache dig reads the same with AA, and the server is asked once', { timeout: 60_000 }, async () => {
  await using forwarder = await servers.forwarder({
    port: ports.ours,
    servers: [{ host: '127.0.0.1', port: ports.unbound }],
    cache: {},
  })
  const asked = questions.filter((words) => !words.includes('+ignore'))
  const first = await ask(ports.ours, ...asked)
  const before = exchanges(forwarder)
  for (const way of ['+edns', '+noedns', '+tcp']) {
    const again = await ask(ports.ours, ...asked.map((words) => [...words, way]))
    // The OPT, and how much a datagram takes, are the client's.
    expect(withoutEdns(again)).toBe(withoutEdns(first).replaceAll(/flags: qr (aa )?/g, 'flags: qr aa '))
  }
  expect(exchanges(forwarder)).toBe(before)
})

/** How many exchanges with servers there were. */
function exchanges({ lines }: Running): number {
  return lines.filter((line) => line.includes('"kind":"exchange"')).length
}

function withoutEdns(text: string): string {
  return text
    .replaceAll(/;; OPT PSEUDOSECTION:\n; EDNS.*\n/g, '')
    .replaceAll(/, ADDITIONAL: \d+/g, '')
    .replaceAll(';; Truncated, retrying in TCP mode.\n', '')
}

describe('servers that fail', () => {
  test('one that is stopped is passed over, and asked again when it is back', { timeout: 30_000 }, async () => {
    const first = servers.unbound(ports.extra, ['local-zone: which. static', 'local-data: "which. TXT first"'])
    await using forwarder = await servers.forwarder({
      port: ports.ours,
      servers: [ports.extra, ports.unbound].map((port) => ({ host: '127.0.0.1', port })),
      forward: { policy: 'sequential' },
    })
    const which = async (): Promise<string | undefined> =>
      /TXT\s+"(\w+)"/.exec(await ask(ports.ours, ['which', 'TXT']))?.[1]
    await vi.waitUntil(async () => (await which()) === 'first', 10_000)
    await first[Symbol.asyncDispose]()
    expect(await which()).toBe('second')
    await vi.waitFor(
      () => expect(forwarder.lines.filter((line) => line.includes('health-check-failed'))).toHaveLength(3),
      5000,
    )
    const asked = exchanges(forwarder)
    expect(await which()).toBe('second')
    expect(exchanges(forwarder) - asked).toBe(1)
    servers.unbound(ports.extra, ['local-zone: which. static', 'local-data: "which. TXT again"'])
    await vi.waitUntil(async () => (await which()) === 'again', 10_000)
  })

  test.each(['udp', 'tcp'] as const)('one that the network swallows costs two seconds over %s', async (transport) => {
    await using forwarder = await servers.forwarder({
      port: ports.ours,
      // The route to it leads nowhere, and nobody says so.
      servers: [
        { host: '192.0.2.200', port: 53 },
        { host: '127.0.0.1', port: ports.unbound },
      ],
      forward: { policy: 'sequential' },
    })
    const start = performance.now()
    expect(await ask(ports.ours, ['www.example.test', transport === 'tcp' ? '+tcp' : '+notcp'])).toContain('192.0.2.2')
    expect(performance.now() - start).toBeGreaterThan(1900)
    expect(performance.now() - start).toBeLessThan(4500)
    expect(exchanges(forwarder)).toBe(2)
  })

  test('when nobody answers, the client gets SERVFAIL within five seconds', { timeout: 20_000 }, async () => {
    await using forwarder = await servers.forwarder({ port: ports.ours, servers: [{ host: '192.0.2.200', port: 53 }] })
    const start = performance.now()
    expect(await ask(ports.ours, ['www.example.test'])).toContain('status: SERVFAIL')
    expect(performance.now() - start).toBeLessThan(6000)
    expect(exchanges(forwarder)).toBeGreaterThan(1)
  })
})

test('prefer_udp asks over TCP for what UDP does not carry', async () => {
  await using forwarder = await servers.forwarder({
    port: ports.ours,
    servers: [{ host: '127.0.0.1', port: ports.knot }],
    forward: { transport: 'prefer_udp' },
  })
  expect(await ask(ports.ours, ['many.example.test', '+tcp'])).toContain('ANSWER: 100')
  expect(exchanges(forwarder)).toBe(2)
  expect(await ask(ports.ours, ['www.example.test', '+tcp'])).toContain('ANSWER: 1')
  expect(exchanges(forwarder)).toBe(3)
})
