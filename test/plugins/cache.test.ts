import { describe, expect, test } from 'vitest'
import { opt } from '../dns/codec.ts'
import type { Behaviour } from '../dns/fake-target.ts'
import { records } from '../dns/replies.ts'
import { serve } from './served.ts'

/** A block with this cache in front of an upstream server, and what a client sees of it. */
function cached(cache: string, behave: (name: string) => Behaviour = (name) => ({ answers: [records.a(60, name)] })) {
  const served = serve(`. {\nprometheus\n${cache}\nforward . 198.51.100.1\n}`, ({ name }) => behave(name))
  /** `0 ttl 60`: the rcode and the first record's TTL. */
  const get = async (name = 'www.example.com', question: Parameters<typeof served.ask>[1] = {}): Promise<string> => {
    const { rcode, answers = [], authorities = [] } = await served.ask(name, question)
    const [first] = [...answers, ...authorities]
    return `${rcode}${first && 'ttl' in first ? ` ttl ${first.ttl}` : ''}`
  }
  const asked = () => served.upstreams[0]?.queries.length
  return { ...served, get, asked }
}

const denial: Behaviour = { rcode: 3, authority: [records.soa(90, '.')] }
const second = 1000

test('TTLs are counted down, and when they end it is asked again', async () => {
  const { get, asked, clock } = cached('cache 30')
  expect(await get()).toBe('NOERROR ttl 30')
  await clock.advance(10 * second)
  expect(await get()).toBe('NOERROR ttl 20')
  expect(asked()).toBe(1)
  await clock.advance(20 * second)
  expect(await get()).toBe('NOERROR ttl 30')
  expect(asked()).toBe(2)
})

test('a hit is authoritative and comes at once, a miss says what the upstream server says', async () => {
  const { ask, send } = cached('cache')
  expect(await ask('www.example.com')).toMatchObject({ flag_aa: false, flag_ra: true })
  expect(await ask('WWW.example.com')).toMatchObject({
    flag_aa: true,
    flag_ra: true,
    questions: [{ name: 'WWW.example.com' }],
  })
  expect(send('www.example.com')).toBeInstanceOf(Uint8Array)
})

test.each([
  { cache: 'cache 30', want: ['NOERROR ttl 30', 'NXDOMAIN ttl 30'], asked: 2 },
  { cache: 'cache {\nsuccess 2000 20\ndenial 2000 7\n}', want: ['NOERROR ttl 20', 'NXDOMAIN ttl 7'], asked: 2 },
  { cache: 'cache {\nsuccess 2000 300 120\n}', want: ['NOERROR ttl 120', 'NXDOMAIN ttl 90'], asked: 2 },
  { cache: 'cache 30 {\ndisable success\n}', want: ['NOERROR ttl 30', 'NXDOMAIN ttl 30'], asked: 3 },
  { cache: 'cache 30 {\ndisable denial example.com\n}', want: ['NOERROR ttl 30', 'NXDOMAIN ttl 30'], asked: 3 },
  { cache: 'cache 30 {\ndisable denial example.net\n}', want: ['NOERROR ttl 30', 'NXDOMAIN ttl 30'], asked: 2 },
  { cache: 'cache 30 example.net', want: ['NOERROR ttl 60', 'NXDOMAIN ttl 90'], asked: 4 },
])('$cache: $want, then from the cache', async ({ cache, want, asked: count }) => {
  const { get, asked } = cached(cache, (name) => (name.startsWith('no.') ? denial : { answers: [records.a(60, name)] }))
  const both = async () => [await get(), await get('no.example.com')]
  expect(await both()).toEqual(want)
  await both()
  expect(asked()).toBe(count)
})

test('keepttl: the TTL stays', async () => {
  const { get, clock } = cached('cache {\nkeepttl\n}')
  await get()
  await clock.advance(10 * second)
  expect(await get()).toBe('NOERROR ttl 60')
})

test('prefetch asks anew for what is asked for often, before it ends', async () => {
  const { get, asked, clock, events } = cached('cache {\nprefetch 2 1m 20%\n}')
  for (const _ of [1, 2, 3]) await get()
  await clock.advance(50 * second)
  expect(await get()).toBe('NOERROR ttl 10')
  await clock.advance(second)
  expect(asked()).toBe(2)
  expect(await get()).toBe('NOERROR ttl 59')
  expect(events.filter((event) => event.kind === 'cache' && event.event.kind === 'prefetch')).toHaveLength(1)
})

const failing = (cache: string) => {
  const state: { behaviour: Behaviour } = { behaviour: { answers: [records.a(60)] } }
  return { ...cached(cache, () => state.behaviour), state }
}

describe('serve_stale', () => {
  test.each([
    { cache: 'cache {\nserve_stale 1h immediate 30s\n}', want: 'NOERROR ttl 30' },
    { cache: 'cache {\nserve_stale 1h verify 100ms 15s\n}', want: 'NOERROR ttl 15' },
    { cache: 'cache {\nserve_stale\n}', want: 'NOERROR ttl 0' },
    { cache: 'cache {\nserve_stale 1m\n}', want: 'SERVFAIL' },
    { cache: 'cache', want: 'SERVFAIL' },
  ])('$cache: $want when the upstream server is gone', async ({ cache, want }) => {
    const { get, clock, state } = failing(cache)
    await get()
    state.behaviour = 'silent'
    await clock.advance(150 * second)
    expect(await get()).toBe(want)
  })
})

test('servfail: a failure that the upstream server told is kept for so long', async () => {
  const { get, asked, clock } = cached('cache {\nservfail 20s\n}', () => ({ rcode: 2 }))
  for (const _ of [1, 2]) expect(await get()).toBe('SERVFAIL')
  await clock.advance(19 * second)
  await get()
  expect(asked()).toBe(1)
  await clock.advance(second)
  await get()
  expect(asked()).toBe(2)
})

test("an answer for a client subnet is nobody else's", async () => {
  const { get, asked } = cached('cache')
  const subnet = opt({ options: [{ code: 8, data: Buffer.from([0, 1, 24, 0, 203, 0, 113]) }] })
  await get('www.example.com', { packet: { additionals: subnet } })
  await get()
  expect(asked()).toBe(2)
})

test('each block has a cache of its own', async () => {
  const { ask, upstreams, server } = serve(
    '. {\ncache\nforward . 198.51.100.1\n}\n.:5353 {\ncache 30 example.com example.net\nforward . 198.51.100.2\n}',
    ({ name }) => ({ answers: [records.a(60, name)] }),
  )
  for (const port of [53, 5353, 53, 5353]) await ask('www.example.com', { port })
  expect(upstreams.map(({ queries }) => queries.length)).toEqual([1, 1])
  expect(server.caches.map(({ labels, answers }) => ({ ...labels, ...answers.cache.sizes }))).toEqual([
    { server: 'dns://:53', zones: '.', view: '', success: 1, denial: 0 },
    { server: 'dns://:5353', zones: 'example.com.,example.net.', view: '', success: 1, denial: 0 },
  ])
})

test.each([
  { capacity: 0, kept: 1024 },
  { capacity: 2 ** 31 - 1, kept: 1100 },
])('a capacity of $capacity is taken for one that a node can have', async ({ capacity, kept }) => {
  const { send, server, clock } = cached(`cache {\nsuccess ${capacity}\n}`)
  for (let i = 0; i < 1100; i++) void send(`n${i}.example.com`)
  await clock.advance(second)
  expect(server.caches[0]?.answers.cache.sizes.success).toBe(kept)
})
