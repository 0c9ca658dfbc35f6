import { expect, test } from 'vitest'
import { service, slice, zoneOf, options } from '../dns/cluster.ts'
import { zone } from '../dns/fixture.ts'
import { Zone } from '../../src/dns/zone.ts'
import { opt } from '../dns/codec.ts'
import { message, serve } from './served.ts'

const corefile = (transfer = '', more = '') =>
  `. {\nerrors\nkubernetes cluster.local in-addr.arpa {\nfallthrough in-addr.arpa\n}\ntransfer ${transfer} {\nto 192.0.2.77 2001:db8::77\n}\n${more}\n}`
const secondary = { type: 'AXFR', transport: 'tcp', from: '192.0.2.77' } as const

/** The records of a transfer as `owner type`, message by message. */
async function records(served: ReturnType<typeof serve>, name: string, question: Parameters<typeof served.ask>[1]) {
  const answer = await served.answer(name, question)
  if (answer instanceof Uint8Array || answer === undefined) throw new Error('it is no transfer')
  return [...answer].map((octets) => {
    expect(octets.length).toBeLessThanOrEqual(64_000)
    const { authoritative, answers, edns, questions, id } = message(octets)
    return {
      authoritative,
      edns: edns !== undefined,
      id,
      asked: questions[0]?.name,
      answers: answers.map(({ owner, type }) => `${owner} ${type}`),
    }
  })
}

test('a zone begins and ends with its SOA, and has all its records once', async () => {
  const messages = await records(serve(corefile()), 'Cluster.Local', { ...secondary, packet: { additionals: opt() } })
  const heads = messages.map(({ authoritative, edns, id, asked }) => ({ authoritative, edns, id, asked }))
  const head = { authoritative: true, id: 4711, asked: 'Cluster.Local.' }
  expect(heads).toEqual([
    { ...head, edns: true },
    { ...head, edns: false },
  ])
  const [first, ...rest] = messages.flatMap(({ answers }) => answers)
  expect(first).toBe('cluster.local. 6')
  expect(rest.at(-1)).toBe('cluster.local. 6')
  const inside = [...zone.owners].filter(([owner]) => owner.endsWith('cluster.local.'))
  const all = inside.flatMap(([owner, rrsets]) =>
    rrsets.flatMap(({ type, data }) => data.map(() => `${owner} ${type}`)),
  )
  expect(rest.slice(0, -1).toSorted()).toEqual(all.toSorted())
})

test('a large zone is several messages, made when they are taken, and does not change meanwhile', async () => {
  const endpoints = Array.from({ length: 5000 }, (_, i) => `10.9.${i >> 8}.${i & 255}`)
  const large = zoneOf([
    service('big/many', { clusterIP: 'None', ports: [] }),
    slice('big/many-a', 'many', endpoints),
    service('web/front', { clusterIPs: ['10.96.0.20'] }),
  ])
  const served = serve(corefile(), undefined, { zone: () => large })
  const answer = await served.answer('cluster.local', secondary)
  if (answer instanceof Uint8Array || answer === undefined) throw new Error('it is no transfer')
  const counts: number[] = []
  for (const octets of answer) {
    large.setService('web/front', undefined)
    large.setService('big/many', undefined)
    counts.push(message(octets).answers.length)
  }
  expect(counts.length).toBeGreaterThan(3)
  // Two SOA, NS, TXT, the service, and each endpoint at the service and by its own name.
  expect(counts.reduce((sum, count) => sum + count)).toBe(5 + 2 * 5000)
})

test.each([
  { name: 'cluster.local', question: { ...secondary, from: '192.0.2.78' }, want: 'REFUSED' },
  { name: 'cluster.local', question: { ...secondary, transport: 'udp' }, want: 'REFUSED' },
  { name: 'cluster.local', question: { ...secondary, type: 'IXFR', transport: 'udp' }, want: 'REFUSED' },
  { name: 'cluster.local', question: { ...secondary, type: 'IXFR' }, want: 'SERVFAIL' },
  { name: 'web.svc.cluster.local', question: secondary, want: 'REFUSED' },
  { name: 'example.com', question: secondary, want: 'SERVFAIL' },
] as const)('$name $question: $want', async ({ name, question, want }) => {
  expect((await serve(corefile()).ask(name, question)).rcode).toBe(want)
})

test('without the plugin, and for a zone that it is not for, nobody gets the zone', async () => {
  expect((await serve('. {\nkubernetes cluster.local\n}').ask('cluster.local', secondary)).rcode).toBe('REFUSED')
  expect((await serve(corefile('in-addr.arpa')).ask('cluster.local', secondary)).rcode).toBe('REFUSED')
})

test('* is anybody', async () => {
  const served = serve('. {\nkubernetes cluster.local\ntransfer {\nto *\n}\n}')
  expect(await records(served, 'cluster.local', { ...secondary, from: '203.0.113.5' })).toHaveLength(2)
})

test('of several rules the one with the most specific zone counts', async () => {
  const served = serve(corefile('', 'transfer cluster.local {\nto 192.0.2.99\n}'))
  expect((await served.ask('cluster.local', secondary)).rcode).toBe('REFUSED')
  expect(await records(served, 'cluster.local', { ...secondary, from: '192.0.2.99' })).toHaveLength(2)
})

test('a zone that is not complete is not given away', async () => {
  const served = serve(corefile(), undefined, { zone: () => new Zone(options) })
  expect((await served.ask('cluster.local', secondary)).rcode).toBe('SERVFAIL')
  expect(served.lines).toEqual(['[ERROR] plugin/errors: 2 cluster.local. AXFR: the zone is not complete yet'])
})

test.each([
  { serial: 7, want: 1, authoritative: false },
  { serial: 6, want: 3, authoritative: true },
])('IXFR from serial $serial, where there is 7', async ({ serial, want, authoritative }) => {
  const soa = {
    type: 'SOA',
    name: 'cluster.local',
    data: { mname: 'a', rname: 'b', serial, refresh: 1, retry: 1, expire: 1, minimum: 1 },
  } as const
  const served = serve(corefile())
  const [only] = await records(served, 'cluster.local', { ...secondary, type: 'IXFR', packet: { authorities: [soa] } })
  expect(only?.authoritative).toBe(authoritative)
  expect(Math.min(only?.answers.length ?? 0, 3)).toBe(want)
})
