import { describe, expect, test } from 'vitest'
import type { ClientLookup } from '../../../src/dns/client/client.ts'
import { countQueries } from '../../../src/dns/client/client.ts'
import { glibcLookup } from '../../../src/dns/client/glibc.ts'
import { muslLookup } from '../../../src/dns/client/musl.ts'
import { serverOf, type Said } from './scenarios.ts'

/** What a client asks (`name`, how often where not once), its result, and the queries for A and AAAA together. */
interface Case {
  readonly what: string
  readonly name: string
  readonly search?: readonly string[]
  readonly ndots?: number
  readonly says?: Readonly<Record<string, Said>>
  readonly glibc: readonly [...string[], result: string, queries: number]
  readonly musl: readonly [...string[], result: string, queries: number]
}

const cases: readonly Case[] = [
  {
    what: 'few dots: the search list in order, then the name as it is',
    name: 'x.shop',
    glibc: ['x.shop.a.', 'x.shop.b.c.', 'x.shop.', 'no such name', 6],
    musl: ['x.shop.a.', 'x.shop.b.c.', 'x.shop.', 'no such name', 6],
  },
  {
    what: 'the first name with data ends it, though only one type has some',
    name: 'x',
    says: { 'x.a. A': 'DATA', 'x.a. AAAA': 'NODATA' },
    glibc: ['x.a.', 'found', 2],
    musl: ['x.a.', 'found', 2],
  },
  {
    what: 'enough dots: as it is; glibc then searches, musl never does',
    name: 'x.1.2',
    ndots: 2,
    says: { 'x.1.2.b.c.': 'DATA' },
    glibc: ['x.1.2.', 'x.1.2.a.', 'x.1.2.b.c.', 'found', 6],
    musl: ['x.1.2.', 'no such name', 2],
  },
  {
    what: 'a final dot: nothing else',
    name: 'x.shop.',
    says: { 'x.shop.a.': 'DATA' },
    glibc: ['x.shop.', 'no such name', 2],
    musl: ['x.shop.', 'no such name', 2],
  },
  {
    what: 'no data: glibc goes on, musl stops',
    name: 'x',
    says: { 'x.a.': 'NODATA', 'x.b.c.': 'DATA' },
    glibc: ['x.a.', 'x.b.c.', 'found', 4],
    musl: ['x.a.', 'no address', 2],
  },
  {
    what: 'NXDOMAIN for one type: glibc takes the other, musl goes on',
    name: 'x',
    says: { 'x.a. A': 'DATA', 'x.a. AAAA': 'NXDOMAIN' },
    glibc: ['x.a.', 'found', 2],
    musl: ['x.a.', 'x.b.c.', 'x.', 'no such name', 6],
  },
  {
    what: 'SERVFAIL: glibc asks again and goes on, musl asks many times and stops',
    name: 'x',
    says: { 'x.a.': 'SERVFAIL', 'x.b.c.': 'DATA' },
    glibc: ['x.a. 2', 'x.b.c.', 'found', 6],
    musl: ['x.a. 6, waits', 'temporary failure', 12],
  },
  {
    what: 'REFUSED: glibc leaves the list for the name as it is, musl waits for another answer and stops',
    name: 'x',
    says: { 'x.a.': 'REFUSED', 'x.b.c.': 'DATA' },
    glibc: ['x.a. 2', 'x.', 'no such name', 6],
    musl: ['x.a. 2, waits', 'temporary failure', 4],
  },
  {
    what: 'the root in the search list: glibc takes it for the name as it is, the query of musl is none',
    name: 'x',
    search: ['.', 'a'],
    glibc: ['x.', 'x.a.', 'no such name', 4],
    musl: ['x.. 0, waits', 'temporary failure', 0],
  },
  {
    what: 'a name over 253 characters: glibc leaves the list, musl the element',
    name: 'x'.repeat(60),
    search: ['y.'.repeat(110), 'a'],
    glibc: [`${'x'.repeat(60)}.${'y.'.repeat(110)} 0`, `${'x'.repeat(60)}.`, 'no such name', 2],
    musl: [`${'x'.repeat(60)}.a.`, `${'x'.repeat(60)}.`, 'no such name', 4],
  },
]

describe.each(cases)('$what', ({ what, name, search = ['a', 'b.c'], ndots = 5, says = {}, glibc, musl }) => {
  const ask = serverOf({ what, name, says })
  test('glibc', () => {
    expect(summary(glibcLookup(name, { search, ndots }, [1, 28], ask))).toEqual(glibc)
  })
  test('musl', () => {
    expect(summary(muslLookup(name, { search, ndots }, [1, 28], ask))).toEqual(musl)
  })
})

test('a lookup for one family asks one type', () => {
  const ask = serverOf({ what: '', name: 'x', says: { 'x.a.': 'SERVFAIL', 'x.b.': 'DATA' } })
  const list = { search: ['a', 'b'], ndots: 5 }
  expect(summary(glibcLookup('x', list, [28], ask))).toEqual(['x.a. 2', 'x.b.', 'found', 3])
  expect(summary(muslLookup('x', list, [28], ask))).toEqual(['x.a. 6, waits', 'temporary failure', 6])
})

test('for other types than addresses musl does not search', () => {
  const ask = serverOf({ what: '', name: '_http._tcp.x', says: {} })
  const list = { search: ['a', 'b'], ndots: 5 }
  expect(summary(glibcLookup('_http._tcp.x', list, [33], ask))).toEqual([
    '_http._tcp.x.a.',
    '_http._tcp.x.b.',
    '_http._tcp.x.',
    'no such name',
    3,
  ])
  expect(summary(muslLookup('_http._tcp.x', list, [33], ask))).toEqual(['_http._tcp.x.', 'no such name', 1])
})

test('names of the list that are not asked are known too', () => {
  const ask = serverOf({ what: '', name: 'x', says: { 'x.b.': 'DATA' } })
  const list = { search: ['a', 'b', 'c'], ndots: 5 }
  expect(glibcLookup('x', list, [1], ask).unasked).toEqual(['x.c.', 'x.'])
  expect(muslLookup('x', list, [1], ask).unasked).toEqual(['x.c.', 'x.'])
  expect(muslLookup('x.y', { search: ['a'], ndots: 1 }, [1], ask).unasked).toEqual(['x.y.a.'])
  expect(muslLookup('x.y.', { search: ['a'], ndots: 5 }, [1], ask).unasked).toEqual([])
})

function summary({ steps, result }: ClientLookup<unknown>): readonly (string | number)[] {
  const names = steps.map(({ name, queries, waits }) => {
    const times = queries[0]?.times ?? 0
    return `${name}${times === 1 ? '' : ` ${times}`}${waits === undefined ? '' : ', waits'}`
  })
  return [...names, result, countQueries(steps)]
}
