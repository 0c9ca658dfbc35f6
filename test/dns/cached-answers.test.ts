import { describe, expect, test } from 'vitest'
import type { AskedReply, CacheEvent } from '../../src/dns/answer-cache.ts'
import { cacheDefaults, type CacheOptions, type ServeStaleOptions } from '../../src/dns/cache-options.ts'
import { CachedAnswers } from '../../src/dns/cached-answers.ts'
import type { Message } from '../../src/dns/message.ts'
import { FakeClock } from './fake-clock.ts'
import { decoded } from './fake-target.ts'
import { question, records, replyWith } from './replies.ts'

const { a, soa } = records

/** A cache before something that answers as it is told, after so many milliseconds; undefined: not at all. */
function chain(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const events: CacheEvent[] = []
  const behind: { reply: Partial<Message> | undefined; afterMs: number; asked: number; personal: boolean } = {
    reply: { answers: [a(60)] },
    afterMs: 0,
    asked: 0,
    personal: false,
  }
  const answers = new CachedAnswers(
    { ...cacheDefaults, ...options },
    { now: clock.now, after: clock.after, observe: (event) => events.push(event) },
  )
  const ask = (): Promise<AskedReply | undefined> => {
    behind.asked++
    const { reply, personal } = behind
    return new Promise((resolve) => {
      clock.after(behind.afterMs, () => resolve(reply && { reply: replyWith(reply), personal }))
    })
  }
  /** What a client gets, and when: `rcode ttl`, and how long it took. */
  const get = async (): Promise<string> => {
    const start = clock.now()
    const found = answers.answer(question(), ask)
    if (!(found instanceof Promise)) return `${rcodeOf(found.answer.wire)} ttl ${found.ttl} from the cache`
    let end = start
    const done = found.then((answer) => {
      end = clock.now()
      return answer
    })
    await clock.advance(5000)
    const answer = await done
    const from = answer?.authoritative ? 'from the cache ' : ''
    return answer ? `${rcodeOf(answer.answer.wire)} ttl ${answer.ttl} ${from}after ${end - start} ms` : 'nothing'
  }
  return { clock, events, behind, get }
}

function rcodeOf(wire: Uint8Array): number {
  return decoded(wire).rcode
}

const seconds = 1000

test('what is not there is asked for, and then it is there', async () => {
  const { get, behind, events } = chain()
  behind.afterMs = 20
  expect(await get()).toBe('0 ttl 60 after 20 ms')
  expect(await get()).toBe('0 ttl 56 from the cache')
  expect(behind.asked).toBe(1)
  expect(events).toEqual([{ kind: 'miss' }, { kind: 'hit', store: 'success' }])
})

test('when there is no answer there is none, and nothing is kept', async () => {
  const { get, behind } = chain()
  behind.reply = undefined
  expect(await get()).toBe('nothing')
  behind.reply = {}
  expect(await get()).toBe('0 ttl 3600 after 0 ms')
  expect(behind.asked).toBe(2)
})

describe('prefetch', () => {
  const prefetch = { hits: 3, withinSeconds: 60, percent: 10 }

  test('an answer that is asked for much is asked anew near its end, once', async () => {
    const { get, behind, clock, events } = chain({ prefetch })
    await get()
    // The first took five seconds, so seven remain: a little more than the tenth.
    for (const wait of [10, 20, 18]) {
      await clock.advance(wait * seconds)
      await get()
    }
    expect(behind.asked).toBe(1)
    await clock.advance(seconds)
    behind.afterMs = 500
    expect(await get()).toBe('0 ttl 6 from the cache')
    expect(await get()).toBe('0 ttl 6 from the cache')
    expect(behind.asked).toBe(2)
    await clock.advance(500)
    expect(await get()).toBe('0 ttl 60 from the cache')
    expect(events.filter(({ kind }) => kind === 'prefetch')).toHaveLength(1)
  })

  test('the answer that took its place is as popular', async () => {
    const { get, behind, clock } = chain({ prefetch })
    await get()
    for (const wait of [49, 0, 0, 0, 54]) {
      await clock.advance(wait * seconds)
      await get()
    }
    expect(behind.asked).toBe(3)
  })

  test('gaps of more than the time begin to count anew', async () => {
    const { get, behind, clock } = chain({ prefetch: { ...prefetch, withinSeconds: 10 } })
    await get()
    for (const wait of [20, 17, 13]) {
      await clock.advance(wait * seconds)
      await get()
    }
    expect(behind.asked).toBe(1)
  })

  test('when that fails the answer stays for its time', async () => {
    const { get, behind, clock } = chain({ prefetch: { ...prefetch, hits: 1 } })
    await get()
    await clock.advance(50 * seconds)
    behind.reply = { rcode: 2 }
    expect(await get()).toBe('0 ttl 5 from the cache')
    await clock.advance(seconds)
    expect(behind.asked).toBe(2)
    expect(await get()).toBe('0 ttl 4 from the cache')
  })
})

/** An answer whose time is over. */
async function stale(options: ServeStaleOptions) {
  const chained = chain({ serveStale: options })
  await chained.get()
  await chained.clock.advance(60 * seconds)
  chained.events.length = 0
  return chained
}

describe('stale answers', () => {
  const serveStale: ServeStaleOptions = { forSeconds: 3600, mode: 'immediate', ttl: 30, preferPositive: false }
  const verify: ServeStaleOptions = { ...serveStale, mode: 'verify' }

  test('immediate: the client has it at once, and meanwhile it is asked anew, once', async () => {
    const { get, behind, clock, events } = await stale(serveStale)
    behind.afterMs = 100
    for (let i = 0; i < 5; i++) expect(await get()).toBe('0 ttl 30 from the cache')
    expect(behind.asked).toBe(2)
    await clock.advance(100)
    expect(await get()).toBe('0 ttl 60 from the cache')
    expect(events.map(({ kind }) => kind)).toEqual([...Array<string>(5).fill('served-stale'), 'hit'])
  })

  test('immediate: a failure changes nothing, and with recheck is not repeated at once', async () => {
    for (const reply of [
      undefined,
      { rcode: 2 },
      { rcode: 5 },
      { truncated: true, answers: [a(60)] },
      { questions: [] },
    ]) {
      const { get, behind, clock } = await stale({ ...serveStale, recheckSeconds: 10 })
      behind.reply = reply
      for (const wait of [0, 1, 8]) {
        await clock.advance(wait * seconds)
        expect(await get()).toBe('0 ttl 30 from the cache')
      }
      expect(behind.asked).toBe(2)
      await clock.advance(seconds)
      await get()
      expect(behind.asked).toBe(3)
    }
  })

  test('immediate: NXDOMAIN is an answer', async () => {
    const { get, behind, clock } = await stale(serveStale)
    behind.reply = { rcode: 3, authority: [soa(60)] }
    await get()
    await clock.advance(0)
    expect(await get()).toBe('3 ttl 60 from the cache')
  })

  test('verify: the client gets what comes, and the stale answer when nothing does', async () => {
    const { get, behind } = await stale(verify)
    behind.afterMs = 100
    expect(await get()).toBe('0 ttl 60 after 100 ms')
    const failing = await stale(verify)
    failing.behind.reply = { rcode: 2 }
    failing.behind.afterMs = 3000
    expect(await failing.get()).toBe('0 ttl 30 from the cache after 3000 ms')
    failing.behind.reply = undefined
    expect(await failing.get()).toBe('0 ttl 30 from the cache after 3000 ms')
    expect(failing.events.map(({ kind }) => kind)).toEqual(['served-stale', 'served-stale'])
  })

  test('verify: with a time it waits no longer, but what comes later is kept', async () => {
    const { get, behind } = await stale({ ...verify, verifyMs: 200 })
    behind.afterMs = 300
    expect(await get()).toBe('0 ttl 30 from the cache after 200 ms')
    expect(await get()).toBe('0 ttl 56 from the cache')
  })

  test('verify: with recheck a failure is not repeated at once', async () => {
    const { get, behind } = await stale({ ...verify, recheckSeconds: 10 })
    behind.reply = { rcode: 2 }
    await get()
    expect(await get()).toBe('0 ttl 30 from the cache')
    expect(behind.asked).toBe(2)
  })

  test('an answer for one client alone is for that client, and takes no place', async () => {
    const { get, behind } = await stale(verify)
    behind.personal = true
    behind.afterMs = 100
    expect(await get()).toBe('0 ttl 60 after 100 ms')
    behind.reply = undefined
    expect(await get()).toBe('0 ttl 30 from the cache after 100 ms')
  })

  test('whoever stands behind the cache may fail in the background', async () => {
    const clock = new FakeClock()
    const answers = new CachedAnswers(
      { ...cacheDefaults, serveStale },
      { now: clock.now, after: clock.after, observe: () => {} },
    )
    await answers.answer(question(), () => Promise.resolve({ reply: replyWith({ answers: [a(60)] }), personal: false }))
    await clock.advance(60 * seconds)
    const hit = await answers.answer(question(), () => Promise.reject(new Error('a defect')))
    await clock.advance(seconds)
    expect(hit?.ttl).toBe(30)
  })
})
