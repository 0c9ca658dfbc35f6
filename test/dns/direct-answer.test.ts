import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { answerStraight } from './straight.ts'
import { recordTypes } from '../../src/dns/record-type.ts'
import { ZoneReader } from '../../src/dns/zone-reader.ts'
import type { ZoneView } from '../../src/dns/zone-view.ts'
import { Zone } from '../../src/dns/zone.ts'
import { chiSquare } from '../support/chi-square.ts'
import { options } from './cluster.ts'
import { decodeMessage, encodeQuery, opt } from './codec.ts'
import { zone } from './fixture.ts'
import { randomMessage, randomNumbers } from './random.ts'
import { zoneEvent, ZoneObjects } from './zone-events.ts'

/** In place of a label, in front of the name, or in place of its first label. */
const oddLabels = ['www', 'http', '_http', 'tcp', '_tcp', '_udp', 'svc', 'pod', 'web', '10-244-1-7', 'cluster', '1']

/** A name that exists, or nearly one. */
function someName(names: readonly string[]): fc.Arbitrary<string> {
  const label = fc.constantFrom(...oddLabels)
  return fc
    .record({
      name: fc.constantFrom(...names),
      front: fc.array(label, { maxLength: 3 }),
      cut: fc.nat({ max: 3 }),
      bare: fc.boolean(),
      capitals: fc.nat(),
    })
    .map(({ name, front, cut, bare, capitals }) => {
      const labels = [...front, ...name.split('.').slice(0, -1).slice(cut)]
      const text = labels.map((part) => (bare ? part.replace(/^_/, '') : part)).join('.')
      return text.replaceAll(/./g, (c, i: number) => ((capitals >> (i % 31)) & 1 ? c.toUpperCase() : c))
    })
    .filter((name) => name.length <= 250)
}

const someType = fc.constantFrom(...Object.keys(recordTypes), 'A', 'A', 'AAAA', 'AAAA', 'SRV', 'PTR')
const someEdns = fc.option(
  fc.record({
    udpPayloadSize: fc.constantFrom(0, 512, 600, 1232, 4096),
    ednsVersion: fc.constantFrom(0, 0, 0, 1),
    flags: fc.constantFrom(0, 0x8000),
    options: fc.constantFrom([], [{ code: 10, data: Buffer.alloc(8, 7) }], [{ code: 8, data: Buffer.alloc(7) }]),
  }),
  { nil: undefined },
)

function someQuery(names: readonly string[]): fc.Arbitrary<Buffer> {
  return fc
    .record({
      name: someName(names),
      type: someType,
      edns: someEdns,
      flags: fc.constantFrom(0, 0x0100, 0x0110, 0x0130),
      className: fc.constantFrom('IN', 'IN', 'IN', 'CH'),
    })
    .map(({ name, type, edns, flags, className }) => {
      const query = encodeQuery(name, type, { id: 99, flags, additionals: edns === undefined ? [] : opt(edns) })
      if (className === 'CH') query[query.indexOf(0, 12) + 4] = 3
      return query
    })
}

const transports = ['udp', 'tcp'] as const

/** What both ways give; `direct` is absent where the direct way leaves it to the other. */
function bothWays(
  view: ZoneView,
  query: Uint8Array,
  transport: 'udp' | 'tcp',
  seed?: number,
): { readonly direct: string | undefined; readonly full: string | undefined } {
  const random = (): [] | [(limit: number) => number] => (seed === undefined ? [] : [randomNumbers(seed)])
  return {
    direct: hex(answerStraight(view, query, transport, ...random())),
    full: hex(answerQuery(view, query, transport, ...random())),
  }
}

describe('the direct answer is, octet for octet, what the long way gives', () => {
  test('in a zone with a service of every kind', () => {
    let [answered, asked] = [0, 0]
    const query = someQuery([...zone.owners.keys(), 'example.com.', 'local.'])
    fc.assert(
      fc.property(query, fc.constantFrom(...transports), fc.option(fc.nat(), { nil: undefined }), (...question) => {
        const { direct, full } = bothWays(zone, ...question)
        asked++
        if (direct === undefined) return
        answered++
        expect(direct).toBe(full)
      }),
      { numRuns: 20_000, seed: 20261122 },
    )
    expect(answered / asked).toBeGreaterThan(0.3)
  })

  test('in random zones, whether synced or not, read as another thread would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(zoneEvent, { maxLength: 20 }), fc.boolean(), async (events, synced) => {
        const changing = new Zone(options)
        const objects = new ZoneObjects()
        for (const event of events) objects.apply(changing, event)
        changing.synced = synced
        changing.serial = 11
        await changing.commit()
        const { view } = new ZoneReader(options, changing.buffer)
        for (const query of fc.sample(someQuery([...changing.owners.keys()]), { numRuns: 30, seed: events.length })) {
          const { direct, full } = bothWays(view, query, 'udp')
          expect(full).toBe(bothWays(changing, query, 'udp').full)
          if (direct !== undefined) expect(direct).toBe(full)
        }
      }),
      { numRuns: 200, seed: 20261123 },
    )
  })

  test('for damaged messages', () => {
    const random = randomNumbers(9)
    const good = [...zone.owners.keys()].slice(0, 50).map((name) => encodeQuery(name.slice(0, -1), 'A'))
    for (let i = 0; i < 50_000; i++) {
      const { direct, full } = bothWays(zone, randomMessage(random, good), i % 2 === 0 ? 'udp' : 'tcp')
      if (direct !== undefined && direct !== full) expect(direct).toBe(full)
    }
  })
})

test.each([
  'front.web.svc.cluster.local A',
  'Front.WEB.svc.cluster.local AAAA',
  'front.web.svc.cluster.local TXT',
  'dual.web.svc.cluster.local AAAA',
  '10-244-1-7.front.web.svc.cluster.local A',
  '20.0.96.10.in-addr.arpa PTR',
  '20.0.96.10.in-addr.arpa A',
  '21.0.96.10.in-addr.arpa PTR',
  'web.svc.cluster.local A',
  'example.com.web.svc.cluster.local A',
  'www.example.com.web.svc.cluster.local AAAA',
  'example.com.svc.cluster.local A',
  'example.com.cluster.local A',
  'a.b.c.d.e.cluster.local A',
])('%s is answered directly', (question) => {
  const [name = '', type = ''] = question.split(' ')
  for (const additionals of [[], opt()]) {
    const { direct, full } = bothWays(zone, encodeQuery(name, type, { additionals }), 'udp')
    expect(direct).toBeDefined()
    expect(direct).toBe(full)
  }
})

test.each([
  'http.tcp.front.web.svc.cluster.local SRV',
  '_http._tcp.front.web.svc.cluster.local A',
  'http._tcp.front.web.svc.cluster.local A',
  'inside.ext.svc.cluster.local A',
  'cluster.local NS',
  'cluster.local SOA',
  'x.front.web.svc.cluster.local A',
  'example.com A',
  'many.big.svc.cluster.local A',
])('%s goes the long way', (question) => {
  const [name = '', type = ''] = question.split(' ')
  expect(answerStraight(zone, encodeQuery(name, type), 'udp')).toBeUndefined()
})

test('a label that holds the octets of the zone name is not in the zone', () => {
  const inside = Buffer.from('\x17aaaaaaaaaaaaaaa\x07cluster\x05local\x00', 'latin1')
  const query = Buffer.concat([encodeQuery('', 'A').subarray(0, 12), inside, Buffer.from([0, 1, 0, 1])])
  const { direct, full } = bothWays(zone, query, 'udp')
  expect(direct).toBeUndefined()
  expect(decodeMessage(Buffer.from(full ?? '', 'hex')).rcode).toBe('REFUSED')
})

describe('shuffled', () => {
  test.each([
    { name: 'mongo.db.svc.cluster.local', type: 'AAAA', orders: 2 },
    { name: 'mongo.db.svc.cluster.local', type: 'A', orders: 24 },
  ])('every order of the $type records of $name is as likely', ({ name, type, orders }) => {
    const random = randomNumbers(5)
    const query = encodeQuery(name, type)
    const seen = new Map<string, number>()
    const rounds = 500 * orders
    for (let i = 0; i < rounds; i++) {
      const order = addressesOf(answerStraight(zone, query, 'udp', random)).join(' ')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(orders)
    // What 23 degrees of freedom exceed once in 10^9 runs.
    expect(chiSquare([...seen.values()], Array<number>(orders).fill(500))).toBeLessThan(85)
  })

  test('a client that is told some of many gets to know all of them in time', () => {
    const random = randomNumbers(6)
    const query = encodeQuery('many.big.svc.cluster.local', 'A')
    const told = new Set<unknown>()
    for (let i = 0; i < 200; i++) {
      const addresses = addressesOf(answerQuery(zone, query, 'udp', random))
      expect(addresses).toHaveLength(29)
      for (const address of addresses) told.add(address)
    }
    expect(told.size).toBe(300)
  })

  test('the table itself keeps its order', () => {
    const query = encodeQuery('mongo.db.svc.cluster.local', 'A')
    const before = hex(answerQuery(zone, query, 'udp'))
    for (let i = 0; i < 20; i++) answerQuery(zone, query, 'udp', randomNumbers(i))
    expect(hex(answerQuery(zone, query, 'udp'))).toBe(before)
  })
})

function addressesOf(answer: Uint8Array | undefined): readonly unknown[] {
  const { answers = [] } = answer === undefined ? {} : decodeMessage(answer)
  return answers.flatMap((record) => ('data' in record ? [record.data] : []))
}

function hex(answer: Uint8Array | undefined): string | undefined {
  return answer && Buffer.from(answer).toString('hex')
}
