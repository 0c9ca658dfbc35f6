import { describe, expect, test } from 'vitest'
import { answersQuery, healthQuery } from '../../src/dns/forward-query.ts'
import { forwarded } from './client-query.ts'
import { decodeMessage as readDnsPacket, opt } from './codec.ts'
import { decoded } from './fake-target.ts'

describe('what travels', () => {
  test('the question as it is spelled, RD, and AD, which asks for the state of the answer', () => {
    const query = forwarded('WwW.Example.com', 'AAAA')
    expect(readDnsPacket(query.wire)).toMatchObject({
      id: 0,
      type: 'query',
      flag_rd: true,
      flag_ad: true,
      flag_cd: false,
      questions: [{ name: 'WwW.Example.com', type: 'AAAA', class: 'IN' }],
      additionals: [],
    })
    expect(query.question).toBe('www.example.com. 28 1')
  })

  test('CD travels, and no RD where the client has none', () => {
    expect(readDnsPacket(forwarded('example.com', 'A', { flags: 0x0010 }).wire)).toMatchObject({
      flag_rd: false,
      flag_cd: true,
    })
  })

  test('EDNS travels with DO and with a size that is ours', () => {
    for (const udpPayloadSize of [512, 65535]) {
      const { wire } = forwarded('example.com', 'A', { additionals: opt({ udpPayloadSize, flags: 0x8000 }) })
      expect(decoded(wire).edns).toEqual({ udpSize: 1232, version: 0, dnssecOk: true, options: new Uint8Array() })
    }
    expect(decoded(forwarded('example.com', 'A', { additionals: opt() }).wire).edns?.dnssecOk).toBe(false)
  })

  test('a client subnet travels and makes the answer personal; a cookie, NSID and padding stay here', () => {
    const options = [
      { code: 3, data: Buffer.alloc(0) },
      { code: 8, ip: '192.0.2.0', sourcePrefixLength: 24 },
      { code: 10, data: Buffer.alloc(8, 7) },
      { code: 12, length: 9 },
    ]
    const subnet = forwarded('example.com', 'A', { additionals: opt({ options }) })
    expect(decoded(subnet.wire).edns?.options).toEqual(Uint8Array.of(0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2))
    expect(subnet.personal).toBe(true)
    const cookie = forwarded('example.com', 'A', {
      additionals: opt({ options: [{ code: 10, data: Buffer.alloc(8) }] }),
    })
    expect(decoded(cookie.wire).edns?.options).toEqual(new Uint8Array())
    expect(cookie.personal).toBe(false)
  })
})

describe('what answers a query', () => {
  const query = forwarded('wWw.example.com')

  /** The query as its reply, with some octets changed. */
  function reply(change: (bytes: Uint8Array) => void): Uint8Array {
    const bytes = Uint8Array.from(query.wire)
    bytes[2] = 0x81
    change(bytes)
    return bytes
  }

  test.each([
    {
      name: 'the question, letters in any case',
      change: (bytes: Uint8Array) => bytes.set([87, 87, 119], 13),
      want: true,
    },
    { name: 'whatever rcode and flags', change: (bytes: Uint8Array) => bytes.set([0x87, 0xff], 2), want: true },
    { name: 'a query', change: (bytes: Uint8Array) => bytes.set([0x01], 2), want: false },
    { name: 'another opcode', change: (bytes: Uint8Array) => bytes.set([0xa1], 2), want: false },
    { name: 'no question', change: (bytes: Uint8Array) => bytes.set([0, 0], 4), want: false },
    { name: 'two questions', change: (bytes: Uint8Array) => bytes.set([0, 2], 4), want: false },
    { name: 'another name', change: (bytes: Uint8Array) => bytes.set([120], 13), want: false },
    { name: 'a name that differs where no case is', change: (bytes: Uint8Array) => bytes.set([35], 12), want: false },
    { name: 'another type', change: (bytes: Uint8Array) => bytes.set([28], query.questionEnd - 3), want: false },
    { name: 'another class', change: (bytes: Uint8Array) => bytes.set([3], query.questionEnd - 1), want: false },
  ])('$name: $want', ({ change, want }) => {
    expect(answersQuery(query, reply(change))).toBe(want)
  })

  test('a reply that is cut is none, at any length', () => {
    const whole = reply(() => {})
    for (let length = 0; length < whole.length; length++) {
      expect(answersQuery(query, whole.subarray(0, length))).toBe(false)
    }
    expect(answersQuery(query, whole)).toBe(true)
  })

  test('type and class have no case', () => {
    const odd = forwarded('example.com', 'UNKNOWN_65')
    const bytes = Uint8Array.from(odd.wire)
    bytes[2] = 0x81
    bytes[odd.questionEnd - 3] = 97
    expect(answersQuery(odd, bytes)).toBe(false)
  })
})

test('a health check asks for the name servers of the root, or of what it is told', () => {
  expect(readDnsPacket(healthQuery('.', true))).toMatchObject({
    flag_rd: true,
    questions: [{ name: '.', type: 'NS', class: 'IN' }],
  })
  expect(readDnsPacket(healthQuery('health.example', false))).toMatchObject({
    flag_rd: false,
    questions: [{ name: 'health.example' }],
  })
  expect(() => healthQuery('a..b', true)).toThrow(
    'Cannot check the health of upstreams with "a..b": it is not a DNS name',
  )
})
