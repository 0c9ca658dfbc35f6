import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolve } from '../../src/dns/resolution.ts'
import { zone } from '../dns/fixture.ts'
import { encodeQuery, opt } from '../dns/codec.ts'
import { records } from '../dns/replies.ts'
import { zoneOf } from '../dns/cluster.ts'
import { serve } from './served.ts'

const front = 'front.web.svc.cluster.local'

describe('events', () => {
  const corefile = `
. cluster.local {
    prometheus
    cache
    kubernetes cluster.local
    forward . 198.51.100.1
}
uncounted.example {
    forward . 198.51.100.1
}
a.example:5353 {
    prometheus
    bind 2001:db8::53
    whoami
}`
  const counted = () =>
    serve(corefile, ({ name }) =>
      name.startsWith('gone.') ? 'refusing' : { answers: [records.a(60, name)], afterMs: 5 },
    )
  const query = {
    kind: 'query',
    labels: { server: 'dns://:53', zone: '.', view: '' },
    transport: 'udp',
    family: 1,
    type: 1,
    dnssecOk: false,
    rcode: 0,
    plugin: 'forward',
    requestSize: 33,
    responseSize: 49,
    milliseconds: 5,
  }
  const inZone = { labels: { ...query.labels, zone: 'cluster.local.' }, plugin: 'kubernetes', milliseconds: 0 }

  test.each([
    { name: 'www.example.com', want: query },
    { name: front, want: { ...query, ...inZone, requestSize: 45, responseSize: 61 } },
    {
      name: 'gone.web.svc.cluster.local',
      question: {
        transport: 'tcp',
        from: '2001:db8::7',
        type: 'CAA',
        packet: { additionals: opt({ flags: 0x8000 }) },
      },
      want: {
        ...query,
        ...inZone,
        transport: 'tcp',
        family: 2,
        rcode: 3,
        type: 257,
        dnssecOk: true,
        requestSize: 55,
        responseSize: 109,
      },
    },
    {
      name: 'gone.example.com',
      want: { ...query, rcode: 2, plugin: '', requestSize: 34, responseSize: 34, milliseconds: 100 },
    },
    { name: 'a.uncounted.example', want: undefined },
    {
      name: 'www.example.com',
      question: { port: 5353, to: '2001:db8::53' },
      want: {
        ...query,
        labels: { server: 'dns://[2001:db8::53]:5353', zone: 'dropped', view: '' },
        rcode: 5,
        plugin: '',
        responseSize: 33,
        milliseconds: 0,
      },
    },
  ] as const)('of a query for $name', async ({ name, want, ...more }) => {
    const { ask, events } = counted()
    await ask(name, 'question' in more ? more.question : {})
    const told = events.filter(({ kind }) => kind === 'query')
    expect(told).toEqual(want === undefined ? [] : [want])
  })

  test('of the cache and of the upstream server', async () => {
    const { ask, events } = counted()
    for (const _ of [1, 2]) await ask('www.example.com')
    const labels = { server: 'dns://:53', zones: '.,cluster.local.', view: '' }
    expect(events.map((event) => (event.kind === 'query' ? event.plugin : event))).toEqual([
      { kind: 'cache', labels, event: { kind: 'miss' } },
      { kind: 'forward', event: { kind: 'exchange', target: '198.51.100.1:53', milliseconds: 5, rcode: 0 } },
      'forward',
      { kind: 'cache', labels, event: { kind: 'hit', store: 'success' } },
      'cache',
    ])
  })

  test('labels are one object for a zone on a listener, also for answers from the zone alone', async () => {
    const { ask, events, server } = counted()
    for (const name of [front, 'dns-version.cluster.local']) await ask(name)
    const [first, second] = events.flatMap((event) => (event.kind === 'query' ? [event.labels] : []))
    expect(first).toBe(second)
    expect(server.direct[0]?.labels).toBe(first)
    expect(server.served.some(({ labels }) => labels === first)).toBe(true)
  })

  test('what is served, with its plugins', () => {
    const all = counted().server.served.map(
      ({ labels, plugins }) => `${labels.server} ${labels.zone} ${plugins.join()}`,
    )
    expect(all).toEqual([
      'dns://:53 . prometheus,cache,kubernetes,forward',
      'dns://:53 cluster.local. prometheus,cache,kubernetes,forward',
      'dns://:53 uncounted.example. forward',
      'dns://[2001:db8::53]:5353 a.example. bind,prometheus,whoami',
    ])
  })
})

const brokenZone = Object.defineProperty(zoneOf([]), 'owners', {
  get: () => {
    throw new TypeError('no')
  },
})

const broken = () =>
  serve('. {\nprometheus\nkubernetes cluster.local\nforward . 198.51.100.1\n}', undefined, {
    zone: () => brokenZone,
    openUpstream: () => ({
      name: 'broken',
      exchange: () => {
        throw new TypeError('no')
      },
      close: () => undefined,
    }),
  })

describe('a defect', () => {
  test.each([front, 'www.example.com'])('costs %s its answer alone', async (name) => {
    const { ask, events } = broken()
    expect(await ask(name, { packet: { additionals: opt() } })).toMatchObject({
      rcode: 'SERVFAIL',
      questions: [{ name }],
      additionals: [{ type: 'OPT' }],
    })
    expect(events.flatMap((event) => (event.kind === 'query' ? [event.rcode] : []))).toEqual([2])
    const panics = events.filter(({ kind }) => kind === 'panic')
    expect(panics).toHaveLength(name === front ? 1 : 0)
  })
})

test('when too many queries wait, what must be asked for fails at once, and what is there is answered', async () => {
  const { server, ask, upstreams } = serve(
    '. {\ncache\nkubernetes cluster.local\nforward . 198.51.100.1\n}',
    ({ name }) => ({
      answers: [records.a(60, name)],
    }),
  )
  await ask('www.example.com')
  const peer = {
    transport: 'udp',
    address: '10.244.1.7',
    port: 1,
    local: { host: '192.0.2.10', port: 53 },
    crowded: true,
  } as const
  for (const name of ['www.example.com', front])
    expect(server.answer(encodeQuery(name, 'A'), peer)).toBeInstanceOf(Uint8Array)
  void server.answer(encodeQuery('other.example.com', 'A'), peer)
  expect(upstreams[0]?.queries).toHaveLength(1)
})

const block = (plugins: string) =>
  `. {\n${plugins}\nkubernetes cluster.local in-addr.arpa {\nfallthrough in-addr.arpa\n}\nforward . 198.51.100.1\n}`

const apexes = (corefile: string) =>
  serve(corefile).server.direct.map(({ apex, shuffle }) => `${apex}${shuffle ? ' shuffled' : ''}`)

describe('zones that may be answered from directly', () => {
  test.each([
    {
      plugins: 'errors\nhealth\nready\nprometheus :9153\ncache 30\nloop\nreload\nloadbalance',
      want: ['cluster.local. shuffled', 'in-addr.arpa. shuffled'],
    },
    { plugins: 'errors', want: ['cluster.local.', 'in-addr.arpa.'] },
    { plugins: 'any\ntransfer {\nto *\n}', want: ['cluster.local.', 'in-addr.arpa.'] },
    { plugins: 'log', want: [] },
    { plugins: 'minimal', want: [] },
    { plugins: 'hosts {\n192.0.2.1 a.example\nfallthrough\n}', want: [] },
    { plugins: 'rewrite name a.example b.example', want: [] },
    { plugins: 'acl {\nblock\n}', want: [] },
    { plugins: 'loadbalance round_robin {\nprefer 10.0.0.0/8\n}', want: [] },
  ])('$plugins: $want', ({ plugins, want }) => {
    expect(apexes(block(plugins))).toEqual(want)
  })

  test('are left to a more specific block', () => {
    const corefile = `${block('')}\nin-addr.arpa {\nforward . 198.51.100.2\n}\nfoo.svc.cluster.local {\nforward . 198.51.100.2\n}`
    expect(serve(corefile).server.direct.map(({ apex, except }) => ({ apex, except }))).toEqual([
      { apex: 'cluster.local.', except: ['foo.svc.cluster.local.'] },
    ])
  })

  test('say what the chain says', async () => {
    const { server, ask } = serve(block('errors\ncache\nloadbalance'), () => ({ rcode: 3 }))
    const [direct] = server.direct
    if (direct === undefined) throw new Error('there is none')
    const names = [...zone.owners.keys()].filter((name) => name.endsWith('cluster.local.'))
    const label = fc.constantFrom('gone', 'svc', 'web', '_http', '_tcp')
    const name = fc
      .tuple(fc.array(label, { maxLength: 2 }), fc.constantFrom(...names))
      .map(([labels, owner]) => [...labels, owner].join('.'))
    await fc.assert(
      fc.asyncProperty(name, fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'SOA'), async (asked, type) => {
        fc.pre(asked.length < 250)
        const { rcode, answers } = resolve(
          direct.source.view,
          asked,
          { A: 1, AAAA: 28, SRV: 33, TXT: 16, CNAME: 5, SOA: 6 }[type],
        )
        const answer = await ask(asked, { type, transport: 'tcp' })
        const outside = answers.at(-1)?.rrset.type === 5 && type !== 'CNAME'
        if (outside) return
        expect(answer.rcode).toBe(rcode)
        expect(answer.answers).toHaveLength(answers.reduce((sum, { rrset }) => sum + rrset.data.length, 0))
      }),
    )
  })
})
