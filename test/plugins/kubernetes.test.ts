import { describe, expect, test } from 'vitest'
import { Zone } from '../../src/dns/zone.ts'
import { nameBytes } from '../../src/dns/name.ts'
import { serviceRecords } from '../../src/dns/service-records.ts'
import { opt } from '../dns/codec.ts'
import { options, service, zoneOf } from '../dns/cluster.ts'
import { records } from '../dns/replies.ts'
import type { Behaviour } from '../dns/fake-target.ts'
import { inShort, serve } from './served.ts'

const soaOf = (owner: string) => records.soa(60, owner)

/** Upstream, www.example.com and example.com have an address and nothing else exists. */
const world = ({ name }: { readonly name: string }): Behaviour =>
  /^(www\.)?example\.com\.$/i.test(name)
    ? { answers: [records.a(60, name)] }
    : { rcode: 3, authority: [soaOf('world.')] }

const fallthroughs = { none: '', all: 'fallthrough', reverse: 'fallthrough in-addr.arpa ip6.arpa' } as const

describe('fallthrough', () => {
  const upstream = 'NXDOMAIN / SOA world'
  test.each<{
    readonly name: string
    readonly type?: string
    readonly want: Record<keyof typeof fallthroughs, string>
  }>([
    {
      name: 'gone.web.svc.cluster.local',
      want: { none: 'NXDOMAIN / SOA cluster.local', all: upstream, reverse: 'NXDOMAIN / SOA cluster.local' },
    },
    {
      name: 'front.web.svc.cluster.local',
      type: 'AAAA',
      want: {
        none: 'NOERROR / SOA cluster.local',
        all: 'NOERROR / SOA cluster.local',
        reverse: 'NOERROR / SOA cluster.local',
      },
    },
    {
      name: '9.9.9.9.in-addr.arpa',
      type: 'PTR',
      want: { none: 'NXDOMAIN / SOA in-addr.arpa', all: upstream, reverse: upstream },
    },
    {
      name: '20.0.96.10.in-addr.arpa',
      type: 'PTR',
      want: {
        none: 'NOERROR PTR front.web.svc.cluster.local',
        all: 'NOERROR PTR front.web.svc.cluster.local',
        reverse: 'NOERROR PTR front.web.svc.cluster.local',
      },
    },
    {
      name: 'missing.ext.svc.cluster.local',
      want: {
        none: 'NXDOMAIN CNAME gone.web.svc.cluster.local / SOA cluster.local',
        all: 'NXDOMAIN CNAME gone.web.svc.cluster.local / SOA cluster.local',
        reverse: 'NXDOMAIN CNAME gone.web.svc.cluster.local / SOA cluster.local',
      },
    },
    {
      name: 'www.example.com',
      want: { none: 'NOERROR A 192.0.2.1', all: 'NOERROR A 192.0.2.1', reverse: 'NOERROR A 192.0.2.1' },
    },
  ])('$name $type', async ({ name, want, ...question }) => {
    for (const cached of ['', 'cache']) {
      const got = Object.entries(fallthroughs).map(async ([which, line]) => {
        const { ask } = serve(
          `. {\n${cached}\nkubernetes cluster.local in-addr.arpa ip6.arpa {\n${line}\n}\nforward . 198.51.100.1\n}`,
          world,
        )
        return [which, inShort(await ask(name, question))] as const
      })
      expect({ cached, ...Object.fromEntries(await Promise.all(got)) }).toEqual({ cached, ...want })
    }
  })

  test('before the state of the cluster is complete a missing name fails, and goes nowhere', async () => {
    const { ask, upstreams } = serve(
      '. {\ncache\nkubernetes cluster.local {\nfallthrough\n}\nforward . 198.51.100.1\n}',
      world,
      { zone: () => new Zone(options) },
    )
    expect(inShort(await ask('front.web.svc.cluster.local'))).toBe('SERVFAIL / SOA cluster.local')
    expect(upstreams[0]?.queries).toEqual([])
  })
})

const external = (target: string) => zoneOf([service('ext/outside', { type: 'ExternalName', externalName: target })])

const chain = (target: string, behave = world, more = 'forward . 198.51.100.1') =>
  serve(`. {\nerrors\ncache\nkubernetes cluster.local\n${more}\n}`, behave, { zone: () => external(target) })

describe('an ExternalName whose target is outside', () => {
  const outside = 'outside.ext.svc.cluster.local'

  test('is asked for, and its records stand behind the alias', async () => {
    const { ask, upstreams } = chain('www.Example.com')
    const answer = await ask(outside)
    expect(inShort(answer)).toBe('NOERROR CNAME www.Example.com A 192.0.2.1')
    expect(answer).toMatchObject({ flag_aa: true, flag_tc: false, questions: [{ name: outside }] })
    expect(answer.answers?.map(({ name }) => name)).toEqual([outside, 'www.Example.com'])
    expect(upstreams[0]?.queries).toMatchObject([{ name: 'www.Example.com.', type: 1 }])
  })

  test('takes the EDNS of the client along', async () => {
    const { ask, upstreams } = chain('www.example.com', ({ name }) => ({ answers: [records.a(60, name)] }))
    const answer = await ask(outside, { packet: { additionals: opt({ flags: 0x8000 }) } })
    expect(answer.additionals).toMatchObject([{ type: 'OPT', flag_do: true }])
    expect(upstreams[0]?.queries).toHaveLength(1)
  })

  test.each<{ readonly name: string; readonly behave: () => Behaviour; readonly want: string; readonly tc?: boolean }>([
    { name: 'NXDOMAIN', behave: () => world({ name: 'no.' }), want: 'NXDOMAIN CNAME www.example.com / SOA world' },
    {
      name: 'NODATA',
      behave: () => ({ authority: [soaOf('world.')] }),
      want: 'NOERROR CNAME www.example.com / SOA world',
    },
    { name: 'SERVFAIL', behave: () => ({ rcode: 2 }), want: 'SERVFAIL CNAME www.example.com' },
    { name: 'REFUSED', behave: () => ({ rcode: 5 }), want: 'NOERROR CNAME www.example.com' },
    { name: 'no answer', behave: () => 'refusing', want: 'SERVFAIL CNAME www.example.com' },
    {
      name: 'TC',
      behave: () => ({ truncated: true, answers: [records.a(60)] }),
      want: 'NOERROR CNAME www.example.com A 192.0.2.1',
      tc: true,
    },
  ])('passes on $name: $want', async ({ behave, want, tc = false }) => {
    const answer = await chain('www.example.com', behave).ask(outside)
    expect(inShort(answer)).toBe(want)
    expect(answer.flag_tc).toBe(tc)
  })

  test('is the alias alone where nobody answers for it, and for a question for the alias', async () => {
    const alone = serve('cluster.local {\nkubernetes\n}', world, { zone: () => external('www.example.com') })
    expect(inShort(await alone.ask(outside))).toBe('NOERROR CNAME www.example.com')
    const { ask, upstreams } = chain('www.example.com')
    expect(inShort(await ask(outside, { type: 'CNAME' }))).toBe('NOERROR CNAME www.example.com')
    expect(upstreams[0]?.queries).toEqual([])
  })

  test('that leads round in circles fails, with a line in the log', async () => {
    const there = zoneOf([service('ext/there', { type: 'ExternalName', externalName: 'back.ext.svc.other.' })])
    const back = zoneOf([service('ext/back', { type: 'ExternalName', externalName: 'there.ext.svc.cluster.local' })], {
      ...options,
      domain: 'other',
    })
    const { ask, lines } = serve('cluster.local {\nerrors\nkubernetes\n}\nother {\nkubernetes\n}', world, {
      zone: ({ zones: [name] }) => (name === 'other.' ? back : there),
    })
    expect((await ask('there.ext.svc.cluster.local')).rcode).toBe('SERVFAIL')
    expect(lines).toEqual([
      '[ERROR] plugin/errors: 2 there.ext.svc.cluster.local. A: it is an alias that leads through more than 8 others',
    ])
  })
})

test('names of the cluster are not cached, and what falls through is, until the cluster has the name', async () => {
  const zone = zoneOf([])
  const pointer = nameBytes('outside.example.') ?? new Uint8Array()
  const { ask, upstreams, events } = serve(
    '. {\ncache\nkubernetes cluster.local in-addr.arpa {\nfallthrough in-addr.arpa\n}\nforward . 198.51.100.1\n}',
    ({ name }) => ({ answers: [{ owner: name, type: 12, class: 1, ttl: 60, data: pointer }] }),
    { zone: () => zone },
  )
  const reverse = '20.0.96.10.in-addr.arpa'
  const forward = 'front.web.svc.cluster.local'
  expect(inShort(await ask(forward))).toBe('NXDOMAIN / SOA cluster.local')
  for (const _ of [1, 2]) expect(inShort(await ask(reverse, { type: 'PTR' }))).toBe('NOERROR PTR outside.example')
  expect(upstreams[0]?.queries).toHaveLength(1)
  expect(events.filter(({ kind }) => kind === 'cache')).toMatchObject([
    { event: { kind: 'miss' } },
    { event: { kind: 'hit' } },
  ])
  const late = service('web/front', { clusterIPs: ['10.96.0.20'] })
  if (late.kind === 'Service') zone.setService('web/front', serviceRecords(late, [], options))
  expect(inShort(await ask(forward))).toBe('NOERROR A 10.96.0.20')
  expect(inShort(await ask(reverse, { type: 'PTR' }))).toBe('NOERROR PTR front.web.svc.cluster.local')
})
