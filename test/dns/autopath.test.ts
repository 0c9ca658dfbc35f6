import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { autopath, autopathList } from '../../src/dns/autopath.ts'
import type { ClientLookup, ClientReply } from '../../src/dns/client/client.ts'
import { countQueries } from '../../src/dns/client/client.ts'
import { glibcLookup } from '../../src/dns/client/glibc.ts'
import { muslLookup } from '../../src/dns/client/musl.ts'
import type { Message, MessageRecord } from '../../src/dns/message.ts'
import { readName } from '../../src/dns/name.ts'
import { saids, type Said } from './client/scenarios.ts'
import { records, replyWith } from './replies.ts'

const list = autopathList(['web.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'])
const denied = { rcode: 3, authority: [records.soa(5, 'cluster.local.')] }

/** A chain that says this at these names, and NXDOMAIN elsewhere; it writes down what it is asked. */
function chainOf(says: Readonly<Record<string, Partial<Message>>>): {
  asked: string[]
  ask: (name: string) => Message
} {
  const asked: string[] = []
  const ask = (name: string): Message => {
    asked.push(name)
    return replyWith({ questions: [{ name, type: 1, class: 1 }], ...(says[name.toLowerCase()] ?? denied) })
  }
  return { asked, ask }
}

/** Records as `owner TTL type data`. */
function written(answers: readonly MessageRecord[]): readonly string[] {
  return answers.map(({ owner, ttl, type, data }) => {
    const said = type === 5 ? readName(data, 0)?.name : data.join('.')
    return `${owner} ${ttl} ${type === 5 ? 'CNAME' : 'A'} ${said}`
  })
}

const cases = [
  {
    what: 'at the first element: the reply as it is',
    name: 'cart.web.svc.cluster.local.',
    says: { 'cart.web.svc.cluster.local.': { answers: [records.a(5, 'cart.web.svc.cluster.local.')] } },
    asked: ['cart.web.svc.cluster.local.'],
    answers: ['cart.web.svc.cluster.local. 5 A 192.0.2.1'],
  },
  {
    what: 'an ExternalName at the first element gets no second alias',
    name: 'away.web.svc.cluster.local.',
    says: {
      'away.web.svc.cluster.local.': {
        answers: [records.cname(5, 'away.web.svc.cluster.local.'), records.a(60, 'web.example.com.')],
      },
    },
    asked: ['away.web.svc.cluster.local.'],
    answers: ['away.web.svc.cluster.local. 5 CNAME web.example.com.', 'web.example.com. 60 A 192.0.2.1'],
  },
  {
    what: 'at the second: an alias to it, with its TTL',
    name: 'cart.shop.web.svc.cluster.local.',
    says: { 'cart.shop.svc.cluster.local.': { answers: [records.a(5, 'cart.shop.svc.cluster.local.')] } },
    asked: ['cart.shop.web.svc.cluster.local.', 'cart.shop.svc.cluster.local.'],
    answers: [
      'cart.shop.web.svc.cluster.local. 5 CNAME cart.shop.svc.cluster.local.',
      'cart.shop.svc.cluster.local. 5 A 192.0.2.1',
    ],
  },
  {
    what: 'an external name: all elements, the search domain of the node, the name as it is',
    name: 'www.example.com.web.svc.cluster.local.',
    says: {
      'www.example.com.': { answers: [records.cname(300), records.a(20, 'web.example.com.')], authenticData: true },
    },
    asked: [
      'www.example.com.web.svc.cluster.local.',
      'www.example.com.svc.cluster.local.',
      'www.example.com.cluster.local.',
      'www.example.com.corp.example.',
      'www.example.com.',
    ],
    answers: [
      'www.example.com.web.svc.cluster.local. 300 CNAME www.example.com.',
      'www.example.com. 300 CNAME web.example.com.',
      'web.example.com. 20 A 192.0.2.1',
    ],
  },
  {
    what: 'the spelling of the question stays',
    name: 'Cart.Shop.WEB.svc.Cluster.local.',
    says: { 'cart.shop.svc.cluster.local.': { answers: [records.a(5, 'Cart.Shop.svc.cluster.local.')] } },
    asked: ['Cart.Shop.WEB.svc.Cluster.local.', 'Cart.Shop.svc.cluster.local.'],
    answers: [
      'Cart.Shop.WEB.svc.Cluster.local. 5 CNAME Cart.Shop.svc.cluster.local.',
      'Cart.Shop.svc.cluster.local. 5 A 192.0.2.1',
    ],
  },
  {
    what: 'no data is a reply, and has no alias',
    name: 'six.shop.web.svc.cluster.local.',
    says: { 'six.shop.svc.cluster.local.': { authority: [records.soa(5, 'cluster.local.')] } },
    asked: ['six.shop.web.svc.cluster.local.', 'six.shop.svc.cluster.local.'],
    answers: [],
  },
  {
    what: 'an alias that leads nowhere is NXDOMAIN, and the search goes on',
    name: 'gone.shop.web.svc.cluster.local.',
    says: {
      'gone.shop.svc.cluster.local.': { rcode: 3, answers: [records.cname(5, 'gone.shop.svc.cluster.local.')] },
      'gone.shop.': { answers: [records.a(9, 'gone.shop.')] },
    },
    asked: [
      'gone.shop.web.svc.cluster.local.',
      'gone.shop.svc.cluster.local.',
      'gone.shop.cluster.local.',
      'gone.shop.corp.example.',
      'gone.shop.',
    ],
    answers: ['gone.shop.web.svc.cluster.local. 9 CNAME gone.shop.', 'gone.shop. 9 A 192.0.2.1'],
  },
] as const

test.each(cases)('$what', async ({ name, says, asked, answers }) => {
  const chain = chainOf(says)
  const result = await autopath(list, name, 1, chain.ask)
  expect(result?.hit).toBe(true)
  expect(result?.reply.questions).toEqual([{ name, type: 1, class: 1 }])
  expect(result?.reply).toMatchObject({ rcode: 0, authenticData: false })
  expect(written(result?.reply.answers ?? [])).toEqual(answers)
  expect(chain.asked).toEqual(asked)
})

test('a failure ends the search and is the reply, to the question', async () => {
  const chain = chainOf({ 'cart.shop.svc.cluster.local.': { rcode: 2 } })
  const name = 'cart.shop.web.svc.cluster.local.'
  const result = await autopath(list, name, 28, (asked) => Promise.resolve(chain.ask(asked)))
  expect(result?.hit).toBe(true)
  expect(result?.reply).toMatchObject({ rcode: 2, answers: [], questions: [{ name }] })
  expect(chain.asked).toEqual([name, 'cart.shop.svc.cluster.local.'])
})

test('where nothing is found the reply is that to the question', async () => {
  const chain = chainOf({})
  const name = 'nope.web.svc.cluster.local.'
  const result = await autopath(list, name, 1, chain.ask)
  expect(result).toEqual({ hit: false, reply: replyWith({ questions: [{ name, type: 1, class: 1 }], ...denied }) })
  expect(chain.asked).toHaveLength(5)
})

test.each([
  { what: 'the first element itself', name: 'web.svc.cluster.local.' },
  { what: 'a name below another element', name: 'cart.shop.svc.cluster.local.' },
  { what: 'a name that only ends like the first element', name: 'cart.myweb.svc.cluster.local.' },
  { what: 'an external name', name: 'www.example.com.' },
  { what: 'a zone transfer', name: 'cart.web.svc.cluster.local.', type: 252 },
  { what: 'a client of which nothing is known', name: 'cart.web.svc.cluster.local.', from: [] },
  { what: 'a list that begins with the root', name: 'cart.web.svc.cluster.local.', from: autopathList(['.', 'a']) },
])('left alone: $what', async ({ name, type = 1, from = list }) => {
  const chain = chainOf({})
  expect(await autopath(from, name, type, chain.ask)).toBeUndefined()
  expect(chain.asked).toEqual([])
})

test('what is too long to be a name is passed over', async () => {
  const chain = chainOf({})
  const label = 'x'.repeat(63)
  const long = autopathList(['a', `${label}.${label}.${label}.b`, 'c'])
  await autopath(long, `${label}.a.`, 1, chain.ask)
  expect(chain.asked).toEqual([`${label}.a.`, `${label}.c.`, `${label}.`])
})

test('a list has absolute names, each once, the root last unless it is in it', () => {
  expect(autopathList(['A.Example', 'b', 'a.example', 'no..name', 'c\u00e9'])).toEqual(['a.example.', 'b.', '.'])
  expect(autopathList(['a', '.', 'b'])).toEqual(['a.', '.', 'b.'])
  expect(autopathList([])).toEqual(['.'])
})

/** What a name is: existence does not depend on the type, data does. */
const nameState = fc.oneof(
  fc
    .record({ a: fc.boolean(), aaaa: fc.boolean() })
    .map(({ a, aaaa }): Pair => [a ? 'DATA' : 'NODATA', aaaa ? 'DATA' : 'NODATA']),
  fc
    .constantFrom(...saids)
    .filter((said) => said !== 'ALIAS')
    .map((said): Pair => [said, said]),
  fc.constant<Pair>(['NXDOMAIN', 'NXDOMAIN']),
)
type Pair = readonly [a: Said, aaaa: Said]

test('a client finds with autopath what it finds without, and never the address of another name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 3 }),
      fc.array(nameState, { minLength: 5, maxLength: 5 }),
      async (elements, ndots, states) => {
        const search = Array.from({ length: elements }, (_, i) => `s${i}.t`)
        const order = autopathList(search).map((element) => (element === '.' ? 'x.y.' : `x.y.${element}`))
        const said = new Map(order.map((name, i) => [name, states[i] ?? (['NXDOMAIN', 'NXDOMAIN'] as const)]))
        const plain = (name: string, type: number): Message =>
          messageOf(name, type, order.indexOf(name), said.get(name))
        const there = [...said.values()].find(([a]) => a !== 'NXDOMAIN')
        const helped = await helpedBy(autopathList(search), order, plain)
        for (const lookUp of [glibcLookup, muslLookup]) {
          const without = lookUp('x.y', { search, ndots }, [1, 28], (name, type) => seen(plain(name, type), type))
          const withIt = lookUp('x.y', { search, ndots }, [1, 28], (name, type) => seen(helped(name, type), type))
          expect(withIt.result).toBe(without.result)
          expect(dataOf(withIt)).toEqual(dataOf(without))
          if (ndots > 1 && there?.includes('DATA') === true) expect(countQueries(withIt.steps)).toBe(2)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

interface Seen extends ClientReply {
  readonly data: readonly string[]
}

function dataOf({ steps }: ClientLookup<Seen>): readonly string[] {
  return steps.at(-1)?.queries.flatMap(({ reply }) => reply.data) ?? []
}

function seen({ rcode, answers }: Message, type: number): Seen {
  const own = answers.filter((record) => record.type === type)
  return { rcode, hasAnswers: answers.length > 0, hasData: own.length > 0, data: own.map(({ data }) => data.join('.')) }
}

const rcodes: Partial<Readonly<Record<Said, number>>> = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 }

/** The address of a name ends in its place in the list. */
function messageOf(name: string, type: number, place: number, pair: Pair = ['NXDOMAIN', 'NXDOMAIN']): Message {
  const said = pair[type === 28 ? 1 : 0]
  const data = type === 28 ? new Uint8Array(16).fill(place) : Uint8Array.of(192, 0, 2, place)
  const answers = said === 'DATA' ? [{ owner: name, type, class: 1, ttl: 5, data }] : []
  return replyWith({ rcode: rcodes[said] ?? 0, questions: [{ name, type, class: 1 }], answers })
}

async function helpedBy(
  names: readonly string[],
  order: readonly string[],
  plain: (name: string, type: number) => Message,
): Promise<(name: string, type: number) => Message> {
  const replies = new Map<string, Message>()
  for (const name of order) {
    for (const type of [1, 28]) {
      const result = await autopath(names, name, type, (asked) => plain(asked, type))
      replies.set(`${name} ${type}`, result?.reply ?? plain(name, type))
    }
  }
  return (name, type) => replies.get(`${name} ${type}`) ?? plain(name, type)
}
