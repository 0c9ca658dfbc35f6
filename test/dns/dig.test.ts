import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { listenDns } from '../../src/host/dns-listener.ts'
import type { DnsListener } from '../../src/host/dns-service.ts'
import { dig } from './dig.ts'
import { zone } from './fixture.ts'

let listener: DnsListener

beforeAll(async () => {
  listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, { transport }) => answerQuery(zone, query, transport),
    console.error,
  )
})

afterAll(() => listener.close())

const front = 'front.web.svc.cluster.local'
const mongo = 'mongo.db.svc.cluster.local.'

const cases: readonly {
  ask: readonly string[]
  status?: string
  answer?: readonly string[]
  additional?: readonly string[]
}[] = [
  { ask: [front], answer: [`${front}. 5 IN A 10.96.0.20`] },
  { ask: ['FRONT.web.svc.Cluster.LOCAL'], answer: ['FRONT.web.svc.Cluster.LOCAL. 5 IN A 10.96.0.20'] },
  { ask: ['six.web.svc.cluster.local', 'AAAA'], answer: ['six.web.svc.cluster.local. 5 IN AAAA 2001:db8::60'] },
  { ask: [front, 'AAAA'] },
  { ask: [front, 'ANY', '+notcp'] },
  { ask: ['nope.web.svc.cluster.local'], status: 'NXDOMAIN' },
  {
    ask: [`_http._tcp.${front}`, 'SRV'],
    answer: [`_http._tcp.${front}. 5 IN SRV 0 100 80 ${front}.`],
    additional: [`${front}. 5 IN A 10.96.0.20`],
  },
  {
    ask: [`mongo-0.${mongo}`, 'SRV'],
    answer: [`mongo-0.${mongo} 5 IN SRV 0 100 27017 mongo-0.${mongo}`],
    additional: [`mongo-0.${mongo} 5 IN A 10.244.2.1`],
  },
  { ask: ['-x', '10.96.0.20'], answer: [`20.0.96.10.in-addr.arpa. 5 IN PTR ${front}.`] },
  {
    ask: ['-x', '2001:db8:1::'],
    answer: [
      `0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 5 IN PTR 2001-db8-1--0.${mongo}`,
    ],
  },
  { ask: ['-x', '10.96.9.9'], status: 'NXDOMAIN' },
  { ask: ['dns-version.cluster.local', 'TXT'], answer: ['dns-version.cluster.local. 28800 IN TXT "1.1.0"'] },
  { ask: ['outside.ext.svc.cluster.local'], answer: ['outside.ext.svc.cluster.local. 5 IN CNAME Example.com.'] },
  {
    ask: ['cluster.local', 'SOA'],
    answer: ['cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5'],
  },
  {
    ask: ['cluster.local', 'NS'],
    answer: ['cluster.local. 5 IN NS kube-dns.kube-system.svc.cluster.local.'],
    additional: ['kube-dns.kube-system.svc.cluster.local. 5 IN A 10.96.0.10'],
  },
]

test.each(['+notcp', '+tcp'])('dig %s reads the answers as we meant them', async (transport) => {
  for (const { ask, status = 'NOERROR', answer = [], additional = [] } of cases) {
    const got = await dig(listener.port, ...ask, transport)
    expect({ ask, status: got.status, answer: got.answer, additional: got.additional }).toEqual({
      ask,
      status,
      answer,
      additional,
    })
    expect(got.authority).toHaveLength(answer.length === 0 ? 1 : 0)
    expect(got.flags).toEqual(['qr', 'aa', 'rd'])
    expect(got.text).not.toMatch(/Warning|malformed|extra bytes/)
  }
})

test('a name elsewhere, another class and a transfer are refused', async () => {
  for (const ask of [['example.com'], [front, 'CH'], ['version.bind', 'CH', 'TXT']]) {
    expect(await dig(listener.port, ...ask)).toMatchObject({
      status: 'REFUSED',
      flags: ['qr', 'rd'],
      answer: [],
      authority: [],
    })
  }
  for (const transfer of ['AXFR', 'IXFR=1']) {
    expect((await dig(listener.port, 'cluster.local', transfer)).text).toContain('Transfer failed')
  }
})

test('+edns=1 is BADVERS, and dig then settles for version 0', async () => {
  expect(await dig(listener.port, front, '+edns=1', '+noednsnegotiation')).toMatchObject({
    status: 'BADVERS',
    answer: [],
  })
  expect(await dig(listener.port, front, '+edns=1')).toMatchObject({
    status: 'NOERROR',
    answer: [`${front}. 5 IN A 10.96.0.20`],
  })
})

test('+noedns gets no OPT, EDNS one with our size', async () => {
  expect((await dig(listener.port, front, '+noedns')).text).not.toContain('EDNS')
  expect((await dig(listener.port, front, '+bufsize=4096', '+dnssec')).text).toContain(
    '; EDNS: version: 0, flags: do; udp: 1232',
  )
})

test('a truncated answer has what fits, and dig gets all of it over TCP', async () => {
  const cut = await dig(listener.port, 'many.big.svc.cluster.local', '+noedns', '+ignore')
  expect(cut.flags).toEqual(['qr', 'aa', 'tc', 'rd'])
  expect(cut.answer).toHaveLength(29)
  expect((await dig(listener.port, 'many.big.svc.cluster.local', '+bufsize=4096', '+ignore')).answer).toHaveLength(72)
  const whole = await dig(listener.port, 'many.big.svc.cluster.local', '+noedns')
  expect(whole.flags).toEqual(['qr', 'aa', 'rd'])
  expect(whole.answer).toHaveLength(300)
  expect(whole.text).toContain('(TCP)')
})
