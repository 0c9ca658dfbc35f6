import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { loadbalance } from '../../src/plugins/loadbalance.ts'
import { resolve } from '../../src/dns/resolution.ts'
import { zone as clusterZone } from '../dns/fixture.ts'
import { always, answerTo, asWire, nobody, pluginOf, query } from './client.ts'

const plain = pluginOf('loadbalance', 'loadbalance round_robin')
const preferring = pluginOf('loadbalance', 'loadbalance {\n prefer 10.0.2.0/24 2001:db8::/32\n prefer 10.0.1.0/24\n}')

const cluster: Handler = ({ name, query: { type } }) => ({
  kind: 'resolution',
  resolution: resolve(clusterZone, name, type),
  by: 'kubernetes',
})

async function lines(handler: Handler, name = 'www.example.org', type = 'A'): Promise<readonly string[]> {
  return (await answerTo(handler, query(name, type))).split('\n').slice(1)
}

const owners = ['www.example.org.', 'web.example.org.', 'x.y.']
const data = fc.oneof(
  fc.nat(255).map((octet) => `A 10.0.0.${octet}`),
  fc.nat(255).map((octet) => `AAAA 2001:db8::${octet}`),
  fc.nat(255).map((preference) => `MX ${preference} web.example.org.`),
  fc.constantFrom('CNAME web.example.org.', 'TXT x', 'SRV 1 2 3 x.y.'),
)
const anyOrder = fc.array(
  fc.tuple(fc.constantFrom(...owners), data).map(([owner, text]) => `${owner} 60 IN ${text}`),
  { maxLength: 12 },
)
// As servers send them: in order, and the usual owners first.
const inOrder = anyOrder.map((texts) =>
  texts
    .filter((line) => kindOf(line) !== 'MX')
    .toSorted((a, b) => orderOf(a) - orderOf(b) || Number(a.startsWith('x')) - Number(b.startsWith('x'))),
)
const records = fc.oneof(anyOrder, inOrder)

test('whatever the answer, its records are all there, aliases first, addresses behind others and MX last', async () => {
  await fc.assert(
    fc.asyncProperty(records, records, fc.array(fc.nat()), fc.boolean(), async (answers, additional, numbers, wire) => {
      const next = wire ? asWire(always({ answers, additional })) : always({ answers, additional })
      let i = 0
      const handler = loadbalance(plain, next, (limit) => (numbers[i++] ?? 0) % limit)
      const [got, was] = [await lines(handler), await lines(next)]
      expect([...got].sort()).toEqual([...was].sort())
      for (const section of [
        got.filter((line) => !line.startsWith('add')),
        got.filter((line) => line.startsWith('add')),
      ]) {
        const order = section.map(orderOf)
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
    }),
    { numRuns: 2000 },
  )
})

function orderOf(line: string): number {
  return ['CNAME', 'other', 'A', 'MX'].indexOf(kindOf(line))
}

function kindOf(line: string): string {
  const [, kind = ''] = / \d+ (CNAME|AAAA|A|MX) /.exec(line) ?? []
  return kind === '' ? 'other' : kind.replace('AAAA', 'A')
}

describe.each([
  { form: 'a message', next: always({ answers: addresses('www.example.org', 4) }), name: 'www.example.org', count: 4 },
  {
    form: 'an answer of the cache',
    next: asWire(always({ answers: addresses('www.example.org', 4) })),
    name: 'www.example.org',
    count: 4,
  },
  {
    form: 'an answer of the cache under another name',
    next: asWire(always({ answers: addresses('web.example.org', 4) })),
    name: 'www.example.org',
    count: 4,
  },
  {
    form: 'MX records of the cache',
    next: asWire(always({ answers: ['a', 'b', 'c'].map((host) => `www.example.org. 5 IN MX 10 ${host}.org.`) })),
    name: 'www.example.org',
    count: 3,
  },
  { form: 'an answer of the zone', next: cluster, name: 'mongo.db.svc.cluster.local', count: 4 },
])('$form', ({ next, name, count }) => {
  test('every address comes first equally often', async () => {
    let seed = 1
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % limit
    }
    const firsts = new Map<string, number>()
    for (let i = 0; i < 1200; i++) {
      const [first = ''] = await lines(loadbalance(plain, next, random), name)
      firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    expect(firsts.size).toBe(count)
    for (const times of firsts.values()) expect(times).toBeGreaterThan(1200 / count - 100)
  })

  test('the zone or cache it came from stays as it is', async () => {
    const reply = await next(query(name))
    const before = await answerTo(() => reply, query(name))
    const got = await answerTo(
      loadbalance(
        plain,
        () => reply,
        () => 0,
      ),
      query(name),
    )
    expect(got).not.toBe(before)
    expect(await answerTo(() => reply, query(name))).toBe(before)
  })
})

test('addresses in preferred networks come first, in the order of the networks', async () => {
  const next = always({
    answers: ['10.0.0.1', '10.0.1.1', '10.0.2.1', '10.0.2.2'].map((address) => `www.example.org. 5 IN A ${address}`),
    additional: ['10.9.9.9', '10.0.1.9'].map((address) => `x. 5 IN A ${address}`),
  })
  for (const handler of [next, asWire(next)]) {
    const got = await lines(loadbalance(preferring, handler, (limit) => limit - 1))
    expect(got.map((line) => line.split(' ').at(-1))).toEqual([
      '10.0.2.1',
      '10.0.2.2',
      '10.0.1.1',
      '10.0.0.1',
      '10.0.1.9',
      '10.9.9.9',
    ])
  }
})

const noRandom = (): number => {
  throw new Error('a number is asked for')
}

test('errors and one record stay as they are', async () => {
  expect(
    await answerTo(
      loadbalance(plain, nobody, () => 0),
      query('x'),
    ),
  ).toBe('REFUSED rd')
  const answers = addresses('x', 2)
  const denied = always({ rcode: 3, answers })
  for (const handler of [denied, asWire(denied)]) {
    expect(await answerTo(loadbalance(plain, handler, noRandom), query('x'))).toBe(await answerTo(denied, query('x')))
  }
  expect(await lines(loadbalance(plain, cluster, noRandom), 'front.web.svc.cluster.local')).toHaveLength(1)
})

function addresses(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${name}. 5 IN A 10.0.0.${i}`)
}
