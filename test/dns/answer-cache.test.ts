import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnswerCache, type CacheEvent } from '../../src/dns/answer-cache.ts'
import { cacheDefaults, type CacheOptions } from '../../src/dns/cache-options.ts'
import { cacheQuestion } from '../../src/dns/cache-question.ts'
import type { Message } from '../../src/dns/message.ts'
import { writeAnswer } from '../../src/dns/wire-answer.ts'
import { clientQuery } from './client-query.ts'
import { opt } from './codec.ts'
import { decoded } from './fake-target.ts'
import { question, records, replyWith } from './replies.ts'

const { a, cname, ns, soa } = records

function cacheWith(options: Partial<CacheOptions> = {}): { cache: AnswerCache; events: CacheEvent[] } {
  const events: CacheEvent[] = []
  return { cache: new AnswerCache({ ...cacheDefaults, ...options }, (event) => events.push(event)), events }
}

/** Stores a reply at time 0 and says where it is one millisecond later, with its TTL. */
function kept(reply: Message, options: Partial<CacheOptions> = {}, asked = question()): string {
  const { cache } = cacheWith(options)
  cache.store(asked, { reply, personal: false }, 0)
  const hit = cache.lookup(asked, 1)
  return hit ? `${hit.store} ${hit.ttl}` : 'not kept'
}

const seconds = 1000

describe('what is kept, where, and for how long', () => {
  const cases: readonly { name: string; reply: Partial<Message>; type?: string; want: string }[] = [
    { name: 'an answer', reply: { answers: [a(60)] }, want: 'success 60' },
    {
      name: 'the least TTL of all sections',
      reply: { answers: [a(60)], authority: [ns(50)], additional: [a(40)] },
      want: 'success 40',
    },
    { name: 'an alias and its target', reply: { answers: [cname(7), a(60, 'web.example.com.')] }, want: 'success 7' },
    { name: 'TTL 0 as the least there is', reply: { answers: [a(0)] }, want: 'success 5' },
    { name: 'a TTL of 2^31, which means 0', reply: { answers: [a(2 ** 31)] }, want: 'success 5' },
    { name: 'no more than an hour', reply: { answers: [a(86_400)] }, want: 'success 3600' },
    { name: 'a referral', reply: { authority: [ns(60)] }, want: 'success 60' },
    {
      name: 'NODATA, for the TTL of its SOA and not for what that says',
      reply: { authority: [soa(60)] },
      want: 'denial 60',
    },
    { name: 'NXDOMAIN with SOA', reply: { rcode: 3, authority: [soa(60)] }, want: 'denial 60' },
    { name: 'a denial no more than half an hour', reply: { rcode: 3, authority: [soa(86_400)] }, want: 'denial 1800' },
    { name: 'NXDOMAIN without SOA', reply: { rcode: 3 }, want: 'not kept' },
    {
      name: 'NXDOMAIN behind an alias',
      reply: { rcode: 3, answers: [cname(60)], authority: [soa(60)] },
      want: 'not kept',
    },
    {
      name: 'an alias that leads to nothing, with SOA',
      reply: { answers: [cname(60)], authority: [soa(30)] },
      want: 'denial 30',
    },
    { name: 'an alias that leads to nothing, without', reply: { answers: [cname(60)] }, want: 'not kept' },
    {
      name: 'an alias that was asked for',
      reply: { questions: [{ name: 'www.example.com.', type: 5, class: 1 }], answers: [cname(60)] },
      type: 'CNAME',
      want: 'success 60',
    },
    { name: 'nothing at all', reply: {}, want: 'not kept' },
    { name: 'SERVFAIL', reply: { rcode: 2 }, want: 'denial 5' },
    { name: 'NOTIMP', reply: { rcode: 4 }, want: 'denial 5' },
    { name: 'REFUSED', reply: { rcode: 5, answers: [a(60)] }, want: 'not kept' },
    { name: 'FORMERR', reply: { rcode: 1, answers: [a(60)] }, want: 'not kept' },
    { name: 'an extended rcode', reply: { rcode: 16, answers: [a(60)] }, want: 'not kept' },
    { name: 'what is truncated', reply: { truncated: true, answers: [a(60)] }, want: 'not kept' },
    {
      name: 'a transfer',
      reply: { questions: [{ name: 'www.example.com.', type: 252, class: 1 }], answers: [soa(60)] },
      type: 'AXFR',
      want: 'not kept',
    },
    { name: 'a NOTIFY', reply: { opcode: 4, answers: [a(60)] }, want: 'not kept' },
    { name: 'a query', reply: { response: false, answers: [a(60)] }, want: 'not kept' },
    {
      name: 'another name',
      reply: { questions: [{ name: 'ftp.example.com.', type: 1, class: 1 }], answers: [a(60)] },
      want: 'not kept',
    },
    {
      name: 'another type',
      reply: { questions: [{ name: 'www.example.com.', type: 28, class: 1 }], answers: [a(60)] },
      want: 'not kept',
    },
    {
      name: 'another class',
      reply: { questions: [{ name: 'www.example.com.', type: 1, class: 3 }], answers: [a(60)] },
      want: 'not kept',
    },
    {
      name: 'two questions',
      reply: { questions: [...replyWith({}).questions, ...replyWith({}).questions], answers: [a(60)] },
      want: 'not kept',
    },
  ]
  test.each(cases)('$name: $want', ({ reply, type = 'A', want }) => {
    expect(kept(replyWith(reply), {}, question('www.example.com', type))).toBe(want)
  })

  test('a reply to another question is counted, and sent all the same', () => {
    const { cache, events } = cacheWith()
    const reply = replyWith({ questions: [{ name: 'ftp.example.com.', type: 1, class: 1 }], answers: [a(60)] })
    expect(decoded(cache.store(question(), { reply, personal: false }, 0).answer.wire).answers).toHaveLength(1)
    expect(events).toEqual([{ kind: 'mismatch' }])
  })

  test('an answer for one client alone is sent and not kept', () => {
    const { cache } = cacheWith()
    expect(cache.store(question(), { reply: replyWith({ answers: [a(60)] }), personal: true }, 0).ttl).toBe(60)
    expect(cache.lookup(question(), 1)).toBeUndefined()
  })

  test('the options', () => {
    const success = { ...cacheDefaults.success, maxTtl: 30, minTtl: 10 }
    const denial = { ...cacheDefaults.denial, maxTtl: 20, minTtl: 0 }
    expect(kept(replyWith({ answers: [a(60)] }), { success })).toBe('success 30')
    expect(kept(replyWith({ answers: [a(1)] }), { success })).toBe('success 10')
    expect(kept(replyWith({ rcode: 3, authority: [soa(60)] }), { denial })).toBe('denial 20')
    expect(kept(replyWith({ rcode: 3, authority: [soa(1)] }), { denial })).toBe('denial 1')
    expect(kept(replyWith({ rcode: 3, authority: [soa(0)] }), { denial })).toBe('not kept')
    expect(kept(replyWith({ rcode: 2 }), { failureTtl: 0 })).toBe('not kept')
    expect(kept(replyWith({ rcode: 2 }), { failureTtl: 300 })).toBe('denial 300')
  })

  test('disabled zones keep nothing of their kind, but the TTL is bounded all the same', () => {
    const success = { ...cacheDefaults.success, disabled: ['example.com.'] }
    const { cache } = cacheWith({ success })
    const reply = replyWith({ answers: [a(86_400)] })
    expect(cache.store(question(), { reply, personal: false }, 0).ttl).toBe(3600)
    expect(cache.lookup(question(), 1)).toBeUndefined()
    expect(kept(replyWith({ rcode: 3, authority: [soa(60)] }), { success })).toBe('denial 60')
    const denial = { ...cacheDefaults.denial, disabled: ['.'] }
    expect(kept(replyWith({ rcode: 2 }), { denial })).toBe('not kept')
    expect(kept(replyWith({ answers: [a(60)] }), { denial })).toBe('success 60')
  })

  test('it is for the names below its zones', () => {
    const { cache } = cacheWith({ zones: ['example.com.', 'internal.'] })
    expect(cache.covers(question('www.Example.com'))).toBe(true)
    expect(cache.covers(question('example.net'))).toBe(false)
  })
})

describe('time', () => {
  const reply = replyWith({ answers: [a(60)] })

  test('the TTL counts down in whole seconds, and at 0 the answer is gone', () => {
    const { cache } = cacheWith()
    cache.store(question(), { reply, personal: false }, 500)
    const ttls = [500, 1499, 1500, 30_500, 60_499, 60_500].map((now) => cache.lookup(question(), now)?.ttl)
    expect(ttls).toEqual([60, 60, 59, 30, 1, undefined])
    expect(cache.sizes).toEqual({ success: 0, denial: 0 })
  })

  test('keepttl keeps it', () => {
    const { cache } = cacheWith({ keepTtl: true })
    cache.store(question(), { reply, personal: false }, 0)
    expect([0, 59 * seconds, 60 * seconds].map((now) => cache.lookup(question(), now)?.ttl)).toEqual([
      60,
      60,
      undefined,
    ])
  })

  test('stale answers are there for so long after their time, failures are not', () => {
    const { cache } = cacheWith({ serveStale: { forSeconds: 100, mode: 'immediate', ttl: 30, preferPositive: false } })
    cache.store(question(), { reply, personal: false }, 0)
    expect(cache.lookup(question(), 60 * seconds)).toMatchObject({ stale: true, ttl: 30 })
    expect(cache.lookup(question(), 159 * seconds)).toMatchObject({ stale: true })
    expect(cache.lookup(question(), 160 * seconds)).toBeUndefined()
    cache.store(question(), { reply: replyWith({ rcode: 2 }), personal: false }, 0)
    expect(cache.lookup(question(), 4 * seconds)).toMatchObject({ stale: false, ttl: 1 })
    expect(cache.lookup(question(), 5 * seconds)).toBeUndefined()
  })
})

describe('an answer and a denial for one question', () => {
  const answer = { reply: replyWith({ answers: [a(10)] }), personal: false }
  const denial = { reply: replyWith({ rcode: 3, authority: [soa(10)] }), personal: false }
  const failure = { reply: replyWith({ rcode: 2 }), personal: false }
  const serveStale = { forSeconds: 100, mode: 'immediate', ttl: 0, preferPositive: false } as const

  test('the later one counts', () => {
    const { cache } = cacheWith()
    cache.store(question(), answer, 0)
    cache.store(question(), denial, 1)
    expect(cache.lookup(question(), 2)?.store).toBe('denial')
    cache.store(question(), answer, 3)
    expect(cache.lookup(question(), 4)?.store).toBe('success')
    expect(cache.sizes.denial).toBe(0)
  })

  test('a failure gives way to an answer, a stale one too', () => {
    const { cache } = cacheWith({ serveStale })
    cache.store(question(), answer, 0)
    cache.store(question(), failure, 9 * seconds)
    expect(cache.lookup(question(), 9 * seconds)).toMatchObject({ store: 'success', stale: false })
    expect(cache.lookup(question(), 11 * seconds)).toMatchObject({ store: 'success', stale: true })
  })

  test('a stale denial gives way to an answer that is not', () => {
    const { cache } = cacheWith({ serveStale })
    const long = { reply: replyWith({ answers: [a(60)] }), personal: false }
    cache.store(question(), long, 0)
    cache.store(question(), denial, 1)
    expect(cache.lookup(question(), 30 * seconds)?.store).toBe('success')
  })

  test('prefer_positive prefers a stale answer to a denial', () => {
    const { cache } = cacheWith({ serveStale: { ...serveStale, preferPositive: true } })
    cache.store(question(), answer, 0)
    cache.store(question(), denial, 11 * seconds)
    expect(cache.lookup(question(), 12 * seconds)).toMatchObject({ store: 'success', stale: true })
    const without = cacheWith({ serveStale }).cache
    without.store(question(), answer, 0)
    without.store(question(), denial, 11 * seconds)
    expect(without.lookup(question(), 12 * seconds)).toMatchObject({ store: 'denial', stale: false })
  })
})

describe('who gets an answer', () => {
  const asked = [
    { name: 'the name', of: clientQuery('www.example.com') },
    { name: 'CD', of: clientQuery('www.example.com', 'A', { flags: 0x0110 }) },
    { name: 'no RD', of: clientQuery('www.example.com', 'A', { flags: 0 }) },
    { name: 'DO', of: clientQuery('www.example.com', 'A', { additionals: opt({ flags: 0x8000 }) }) },
    { name: 'another type', of: clientQuery('www.example.com', 'AAAA') },
    {
      name: 'another class',
      of: clientQuery('', 'A', { questions: [{ name: 'www.example.com', type: 'A', class: 'CH' }] }),
    },
    { name: 'another name', of: clientQuery('ww.wexample.com') },
    { name: 'a dot in a label', of: clientQuery('www\\046example.com') },
    { name: 'another view', of: clientQuery('www.example.com'), view: 'internal' },
  ].map(({ name, of, view = '' }) => ({ name, key: cacheQuestion(of.message, of.query, view) }))

  test.each(asked)('what $name was answered is for nobody else here', ({ key }) => {
    const { cache } = cacheWith()
    const reply = replyWith({ questions: [key], answers: [{ ...a(60), type: key.type }] })
    cache.store(key, { reply, personal: false }, 0)
    expect(asked.filter((other) => cache.lookup(other.key, 1)).map(({ key: found }) => found)).toEqual([key])
  })

  test('letters in any case, AD, and EDNS without DO make no other question', () => {
    const plain = clientQuery('www.example.com')
    for (const other of [
      clientQuery('WWW.Example.COM'),
      clientQuery('www.example.com', 'A', { flags: 0x0120 }),
      clientQuery('www.example.com', 'A', { additionals: opt({ options: [{ code: 10, data: Buffer.alloc(8) }] }) }),
    ]) {
      expect(cacheQuestion(other.message, other.query, '')).toEqual(cacheQuestion(plain.message, plain.query, ''))
    }
  })

  test('each client reads it as its own', () => {
    const { cache } = cacheWith()
    const reply = replyWith({
      answers: [a(60)],
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: Uint8Array.of(0, 15, 0, 2, 0, 3) },
    })
    cache.store(question(), { reply, personal: false }, 0)
    const hit = cache.lookup(question(), 10 * seconds)
    const { message, query } = clientQuery('WWW.example.com', 'A', { additionals: opt() })
    if (!hit) throw new Error('no hit')
    const got = decoded(writeAnswer(hit.entry.answer, message, query, 'udp', { ttl: hit.ttl, authoritative: true }))
    expect(got).toMatchObject({
      id: 4711,
      authoritative: true,
      recursionAvailable: true,
      edns: { options: new Uint8Array() },
    })
    expect(got.answers).toEqual([{ ...a(50), owner: 'WWW.example.com.' }])
  })
})

describe('bounds', () => {
  test('one more than the capacity drives out what was asked for least lately', () => {
    const { cache, events } = cacheWith({ success: { ...cacheDefaults.success, capacity: 3 } })
    const put = (name: string): void => {
      const reply = replyWith({ questions: [{ name: `${name}.`, type: 1, class: 1 }], answers: [a(60, `${name}.`)] })
      cache.store(question(name), { reply, personal: false }, 0)
    }
    for (const name of ['one', 'two', 'three']) put(name)
    cache.lookup(question('one'), 1)
    put('four')
    expect(['one', 'two', 'three', 'four'].map((name) => cache.lookup(question(name), 1) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(cache.sizes).toEqual({ success: 3, denial: 0 })
    expect(events).toEqual([{ kind: 'evicted', store: 'success' }])
  })

  test('a flood of denials drives out no answer', () => {
    const { cache } = cacheWith({ denial: { ...cacheDefaults.denial, capacity: 10 } })
    cache.store(question(), { reply: replyWith({ answers: [a(60)] }), personal: false }, 0)
    for (let i = 0; i < 100; i++) {
      const reply = replyWith({ rcode: 3, questions: [{ name: `n${i}.`, type: 1, class: 1 }], authority: [soa(60)] })
      cache.store(question(`n${i}`), { reply, personal: false }, 0)
    }
    expect(cache.sizes).toEqual({ success: 1, denial: 10 })
    expect(cache.lookup(question(), 1)?.store).toBe('success')
  })

  test('large answers count for more than one', () => {
    const { cache } = cacheWith({ success: { ...cacheDefaults.success, capacity: 100 } })
    for (let i = 0; i < 100; i++) {
      const name = `n${i}.`
      const reply = replyWith({
        questions: [{ name, type: 1, class: 1 }],
        answers: Array.from({ length: 1000 }, () => a(60, name)),
      })
      cache.store(question(name), { reply, personal: false }, 0)
    }
    // 16 kB each, and 2 kB of room for each of 100.
    expect(cache.sizes.success).toBe(12)
  })
})

test('whatever is stored when, a hit is the last answer to that question, and its TTL never ends after it', () => {
  const keys = ['www.example.com', 'WWW.example.com', 'ftp.example.com'].flatMap((name) =>
    [{}, { flags: 0x0110 }, { additionals: opt({ flags: 0x8000 }) }].flatMap((more) =>
      ['', 'internal'].map((view) => {
        const { message, query } = clientQuery(name, 'A', more)
        return cacheQuestion(message, query, view)
      }),
    ),
  )
  const step = fc.record({ key: fc.constantFrom(...keys), wait: fc.nat(9000), ttl: fc.nat(20), put: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { cache } = cacheWith({ success: { ...cacheDefaults.success, minTtl: 0 } })
      const last = new Map<string, { serial: number; end: number }>()
      let now = 0
      for (const [serial, { key, wait, ttl, put }] of steps.entries()) {
        now += wait
        if (put) {
          const answers = [{ ...a(ttl, key.name), data: Uint8Array.of(0, 0, 0, serial) }]
          const reply = replyWith({ questions: [{ ...key }], answers })
          cache.store(key, { reply, personal: false }, now)
          // With a TTL of 0 it is for that client only, and what was there stays.
          if (ttl > 0) last.set(key.key, { serial, end: now + ttl * seconds })
        }
        const hit = cache.lookup(key, now)
        const expected = last.get(key.key)
        expect(hit !== undefined).toBe(expected !== undefined && now < expected.end)
        if (!hit || !expected) continue
        expect(decoded(hit.entry.answer.wire).answers[0]?.data[3]).toBe(expected.serial)
        expect(hit.ttl * seconds).toBeLessThan(expected.end - now + seconds)
      }
    }),
    { numRuns: 300 },
  )
})
