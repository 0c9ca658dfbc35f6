import type { Packet } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { records } from '../dns/replies.ts'
import { opt } from '../dns/codec.ts'
import { inShort, serve } from './served.ts'

const corefile = `
.:53 {
    forward . 198.51.100.1
}
cluster.local:53 {
    kubernetes cluster.local
}
corp.example:53 sub.corp.example:53 corp.example:5353 {
    forward . 198.51.100.2
}
deep.sub.corp.example:53 {
    forward . 198.51.100.3
}
bound.example:53 {
    bind 192.0.2.20
    forward . 198.51.100.4
}
only.example:5300 {
    kubernetes cluster.local
}
`

/** Each upstream server says that there is one address, and which server it is by its last octet. */
const server = () =>
  serve(corefile, ({ name }, upstream) => ({
    answers: [{ ...records.a(60, name), data: Uint8Array.of(192, 0, 2, Number(/\.(\d+):/.exec(upstream)?.[1])) }],
  }))

test.each([
  { name: 'www.example.com', want: 'NOERROR A 192.0.2.1' },
  { name: 'front.web.svc.cluster.local', want: 'NOERROR A 10.96.0.20' },
  { name: 'FRONT.web.svc.CLUSTER.local', want: 'NOERROR A 10.96.0.20' },
  { name: 'cluster.local', want: 'NOERROR / SOA cluster.local' },
  { name: 'notcluster.local', want: 'NOERROR A 192.0.2.1' },
  { name: 'a.corp.example', want: 'NOERROR A 192.0.2.2' },
  { name: 'a.sub.corp.example', want: 'NOERROR A 192.0.2.2' },
  { name: 'a.deep.sub.corp.example', want: 'NOERROR A 192.0.2.3' },
  { name: 'a.corp.example', port: 5353, want: 'NOERROR A 192.0.2.2' },
  { name: 'www.example.com', port: 5353, want: 'REFUSED' },
  { name: 'a.bound.example', to: '192.0.2.20', want: 'NOERROR A 192.0.2.4' },
  { name: 'a.bound.example', want: 'NOERROR A 192.0.2.1' },
  { name: 'www.example.com', to: '192.0.2.20', want: 'REFUSED' },
  { name: 'www.example.com', port: 5301, want: 'REFUSED' },
  { name: 'only.example', port: 5300, want: 'SERVFAIL' },
  { name: 'deep.sub.corp.example', type: 'DS', want: 'NOERROR A 192.0.2.2' },
  { name: 'a.deep.sub.corp.example', type: 'DS', want: 'NOERROR A 192.0.2.3' },
  { name: 'corp.example', type: 'DS', want: 'NOERROR A 192.0.2.2' },
  { name: 'cluster.local', type: 'DS', want: 'NOERROR / SOA cluster.local' },
])('$name $type at $to $port is answered with $want', async ({ want, name, ...question }) => {
  expect(inShort(await server().ask(name, question))).toBe(want)
})

describe('before a block is asked', () => {
  const packet: Partial<Packet> = { questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }] }

  test('a class other than IN is refused, unless something on the listener forwards', async () => {
    const { ask, upstreams } = server()
    const own: Partial<Packet> = { questions: [{ type: 'TXT', name: 'a.only.example', class: 'CH' }] }
    expect(await ask('a.only.example', { packet: own, port: 5300 })).toMatchObject({ rcode: 'REFUSED' })
    expect(await ask('a.only.example', { port: 5300 })).toMatchObject({ rcode: 'SERVFAIL' })
    expect(upstreams.flatMap(({ queries }) => queries)).toEqual([])
    expect(await ask('version.bind', { packet })).toMatchObject({ rcode: 'NOERROR' })
    expect(upstreams[0]?.queries).toMatchObject([{ name: 'version.bind.' }])
  })

  test('an EDNS version that nobody speaks is BADVERS', async () => {
    const { ask, upstreams } = server()
    const { rcode, additionals } = await ask('www.example.com', { packet: { additionals: opt({ ednsVersion: 1 }) } })
    expect({ rcode, additionals }).toMatchObject({
      rcode: 'NOERROR',
      additionals: [{ extendedRcode: 1, ednsVersion: 0 }],
    })
    expect(upstreams[0]?.queries).toEqual([])
  })

  test.each([
    { what: 'no header', octets: [1, 2, 3], want: undefined },
    { what: 'an answer', octets: [1, 2, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0], want: undefined },
    { what: 'a NOTIFY', octets: [1, 2, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0], want: '0102a0040000000000000000' },
    { what: 'no question', octets: [1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], want: '010281010000000000000000' },
  ])('$what gets $want', async ({ octets, want }) => {
    const peer = {
      transport: 'udp',
      address: '10.244.1.7',
      port: 4000,
      local: { host: '192.0.2.10', port: 53 },
    } as const
    const answer = await server().server.answer(Uint8Array.from(octets), peer)
    expect(answer instanceof Uint8Array ? Buffer.from(answer).toString('hex') : answer).toBe(want)
  })
})

test('where to listen is what the blocks say', () => {
  const { server: all } = server()
  expect(all.listeners.map(({ address, port }) => `${address ?? '*'} ${port}`)).toEqual([
    '* 53',
    '* 5353',
    '192.0.2.20 53',
    '* 5300',
  ])
  const bound = serve('. {\n bind eth0 192.0.2.9\n bind lo {\n except 127.0.0.2\n }\n whoami\n}', undefined, {
    interfaceAddresses: (name) => (name === 'eth0' ? ['192.0.2.7', '2001:db8::7'] : ['127.0.0.1', '127.0.0.2']),
  })
  expect(bound.server.served.map(({ labels }) => labels.server)).toEqual([
    'dns://192.0.2.7:53',
    'dns://[2001:db8::7]:53',
    'dns://192.0.2.9:53',
    'dns://127.0.0.1:53',
  ])
})

test.each([
  {
    name: 'an interface without an address',
    corefile: '. {\n bind eth7\n whoami\n}',
    want: 'Cannot listen on the interface "eth7": it has no address, or there is no such interface',
  },
  {
    name: 'a resolv.conf without a name server',
    corefile: '. {\n forward . /etc/resolv.conf\n}',
    want: 'forward .: there is no upstream server to ask',
    nameServers: [],
  },
  {
    name: 'a resolv.conf with our own address',
    corefile: '. {\n forward . /etc/resolv.conf\n}',
    want: 'forward .: the upstream 192.0.2.10:53 is where this server block listens itself; it would ask itself for ever',
    nameServers: [{ host: '192.0.2.10', port: 53 }],
  },
  {
    name: 'a resolv.conf with an address that another block binds',
    corefile: '. {\n forward . /etc/resolv.conf\n}\na. {\n bind 192.0.2.10\n whoami\n}',
    want: undefined,
    nameServers: [{ host: '192.0.2.10', port: 53 }],
  },
  {
    name: 'an upstream on another port of ours, where another block listens',
    corefile: '. {\n forward . 192.0.2.10:5353\n}\n.:5353 {\n whoami\n}',
    want: undefined,
  },
])('$name: $want', ({ corefile: text, want, nameServers = [] }) => {
  const start = () => serve(text, undefined, { nameServers: () => nameServers }).server.listeners.length
  if (want === undefined) expect(start).not.toThrow()
  else expect(start).toThrow(want)
})
