import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message, MessageRecord } from '../../src/dns/message.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { readQuery } from '../../src/dns/query.ts'
import { wireAnswer, writeAnswer, type AnswerChanges } from '../../src/dns/wire-answer.ts'
import { clientQuery } from './client-query.ts'
import { opt } from './codec.ts'
import { decoded } from './fake-target.ts'
import { anyMessage } from './random-message.ts'
import { replyWith } from './replies.ts'

function record(owner: string, last: number): MessageRecord {
  return { owner, type: 1, class: 1, ttl: 300, data: Uint8Array.of(192, 0, 2, last) }
}

const reply = replyWith({
  authenticData: true,
  answers: [record('WWW.example.com.', 1), record('other.example.com.', 2)],
  authority: [{ owner: 'example.com.', type: 2, class: 1, ttl: 600, data: Uint8Array.of(2, 110, 115, 0) }],
})

function written(
  message: Message,
  client = clientQuery('wWw.Example.com'),
  transport: 'udp' | 'tcp' = 'udp',
  changes: AnswerChanges = {},
): Message {
  const bytes = writeAnswer(wireAnswer(message), client.message, client.query, transport, changes)
  return decoded(bytes)
}

test('the client gets its identifier and its spelling, and the records as they are', () => {
  const got = written(reply)
  expect(got.id).toBe(4711)
  expect(got.questions).toEqual([{ name: 'wWw.Example.com.', type: 1, class: 1 }])
  expect(got.answers.map(({ owner, ttl }) => `${owner} ${ttl}`)).toEqual([
    'wWw.Example.com. 300',
    'other.Example.com. 300',
  ])
  expect(got.answers.map(({ data }) => data[3])).toEqual([1, 2])
  expect(got.authority[0]?.ttl).toBe(600)
})

describe('flags', () => {
  test("AA and RA are the answer's, RD and CD the client's", () => {
    expect(written(reply)).toMatchObject({
      authoritative: false,
      recursionAvailable: true,
      recursionDesired: true,
      checkingDisabled: false,
    })
    expect(
      written(
        { ...reply, authoritative: true, recursionAvailable: false },
        clientQuery('www.example.com', 'A', { flags: 0x0010 }),
      ),
    ).toMatchObject({
      authoritative: true,
      recursionAvailable: false,
      recursionDesired: false,
      checkingDisabled: true,
    })
  })

  test('AA may be said otherwise', () => {
    expect(written(reply, undefined, 'udp', { authoritative: true }).authoritative).toBe(true)
    expect(written({ ...reply, authoritative: true }, undefined, 'udp', { authoritative: false }).authoritative).toBe(
      false,
    )
  })

  test('AD only for clients that set AD or DO, and only if the answer is authentic', () => {
    const asking = clientQuery('www.example.com', 'A', { flags: 0x0120 })
    const signed = clientQuery('www.example.com', 'A', { additionals: opt({ flags: 0x8000 }) })
    expect(written(reply).authenticData).toBe(false)
    expect(written(reply, clientQuery('www.example.com', 'A', { additionals: opt() })).authenticData).toBe(false)
    expect(written(reply, asking).authenticData).toBe(true)
    expect(written(reply, signed).authenticData).toBe(true)
    expect(written({ ...reply, authenticData: false }, signed).authenticData).toBe(false)
  })

  test('TC of the upstream server stays', () => {
    expect(written({ ...reply, truncated: true }).truncated).toBe(true)
  })
})

test('one TTL for all records, where it is given', () => {
  const got = written(reply, undefined, 'udp', { ttl: 7 })
  expect([...got.answers, ...got.authority].map(({ ttl }) => ttl)).toEqual([7, 7, 7])
})

describe('EDNS', () => {
  const edns = {
    udpSize: 4096,
    version: 0,
    dnssecOk: false,
    options: Uint8Array.of(0, 15, 0, 2, 0, 18, 0, 10, 0, 1, 9),
  }

  test('OPT only for who has one, with its DO and its own options', () => {
    expect(written({ ...reply, edns })).not.toHaveProperty('edns')
    const cookie = [{ code: 10, data: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]) }]
    const got = written(
      reply,
      clientQuery('www.example.com', 'A', {
        additionals: opt({ flags: 0x8000, udpPayloadSize: 800, options: cookie }),
      }),
    )
    expect(got.edns).toEqual({
      udpSize: 800,
      version: 0,
      dnssecOk: true,
      options: Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8),
    })
  })

  test('the reason of an error passes, a cookie of the upstream server does not', () => {
    const got = written({ ...reply, edns }, clientQuery('www.example.com', 'A', { additionals: opt() }))
    expect(got.edns?.options).toEqual(Uint8Array.of(0, 15, 0, 2, 0, 18))
    expect(got.edns?.udpSize).toBe(1232)
  })

  test('the upper bits of an rcode need an OPT; without one it is SERVFAIL', () => {
    const bad = { ...reply, rcode: 23, edns }
    expect(written(bad, clientQuery('www.example.com', 'A', { additionals: opt() })).rcode).toBe(23)
    expect(written(bad).rcode).toBe(2)
  })
})

describe('size', () => {
  const many = { ...reply, answers: Array.from({ length: 100 }, (_, i) => record('www.example.com.', i)) }

  test('a client without EDNS gets what fits into 512 octets, with TC and without the rest', () => {
    const client = clientQuery('www.example.com')
    const bytes = writeAnswer(wireAnswer(many), client.message, client.query, 'udp')
    expect(bytes.length).toBeLessThanOrEqual(512)
    expect(bytes.length).toBeGreaterThan(512 - 16)
    const got = decoded(bytes)
    expect(got).toMatchObject({ truncated: true, authority: [] })
    expect(got.answers.map(({ data }) => data[3])).toEqual(Array.from({ length: got.answers.length }, (_, i) => i))
  })

  test('one that takes 65535 gets 1232, with its OPT', () => {
    const client = clientQuery('www.example.com', 'A', { additionals: opt({ udpPayloadSize: 65535 }) })
    const bytes = writeAnswer(wireAnswer(many), client.message, client.query, 'udp')
    expect(bytes.length).toBeLessThanOrEqual(1232)
    expect(bytes.length).toBeGreaterThan(1232 - 16)
    expect(decoded(bytes)).toMatchObject({ truncated: true, edns: { udpSize: 1232 } })
  })

  test('over TCP it is whole', () => {
    expect(written(many, undefined, 'tcp')).toMatchObject({
      truncated: false,
      answers: { length: 100 },
      authority: { length: 1 },
    })
  })

  test('an option that would cost a record is left out', () => {
    const client = clientQuery('www.example.com', 'A', { additionals: opt({ udpPayloadSize: 512 }) })
    const exact = {
      ...reply,
      authority: [],
      answers: Array.from({ length: 28 }, (_, i) => record('www.example.com.', i)),
    }
    const edns = {
      udpSize: 1232,
      version: 0,
      dnssecOk: false,
      options: Uint8Array.of(0, 15, 0, 30, ...Array<number>(30).fill(65)),
    }
    const got = written({ ...exact, edns }, client)
    expect(got).toMatchObject({ truncated: false, answers: { length: 28 } })
    expect(got.edns?.options).toEqual(new Uint8Array())
  })
})

test('any answer for any client is a sound message of its question within its size', () => {
  const client = fc.record({
    flags: fc.nat(0xffff).map((flags) => flags & 0x0130),
    udpSize: fc.option(fc.nat(0xffff)),
    dnssecOk: fc.boolean(),
    transport: fc.constantFrom('udp' as const, 'tcp' as const),
    ttl: fc.option(fc.nat(1000), { nil: undefined }),
  })
  fc.assert(
    fc.property(anyMessage, client, (message, { flags, udpSize, dnssecOk, transport, ttl }) => {
      const [question = { name: 'example.com.', type: 1, class: 1 }] = message.questions
      const answer = { ...message, questions: [question] }
      const upper = { ...question, name: question.name.toUpperCase() }
      const edns = udpSize === null ? {} : { edns: { udpSize, version: 0, dnssecOk, options: new Uint8Array() } }
      const blank = { ...reply, answers: [], authority: [], response: false, rcode: 0 }
      const bytes = encodeMessage({
        ...blank,
        id: 77,
        recursionDesired: (flags & 0x100) > 0,
        questions: [upper],
        ...edns,
      })
      const query = readQuery(bytes, 'udp')
      if (query.kind !== 'query') throw new Error('no query')
      const copy = writeAnswer(wireAnswer(answer), bytes, query, transport, ttl === undefined ? {} : { ttl })
      const got = decoded(copy)
      const limit = transport === 'tcp' ? 65535 : Math.min(1232, Math.max(512, udpSize ?? 512))
      expect(copy.length).toBeLessThanOrEqual(limit)
      expect(got).toMatchObject({ id: 77, response: true, questions: [upper] })
      expect(got.edns === undefined).toBe(udpSize === null)
      const sections = (of: Message): readonly string[] =>
        [...of.answers, ...of.authority, ...of.additional].map(
          (found) => `${found.owner.toLowerCase()} ${found.type} ${ttl ?? found.ttl}`,
        )
      expect(sections(got)).toEqual(sections(answer).slice(0, sections(got).length))
      if (!answer.truncated) expect(got.truncated).toBe(sections(got).length < sections(answer).length)
    }),
    { numRuns: 500 },
  )
})
