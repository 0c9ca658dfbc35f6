import { describe, expect, test } from 'vitest'
import { forwardDefaults, isForwarded, type ForwardOptions } from '../../src/dns/forward-options.ts'
import type { ForwardEvent } from '../../src/dns/forward-target.ts'
import { Forwarder, type ForwardResult } from '../../src/dns/forwarder.ts'
import { maxExchanges, maxVariants } from '../../src/dns/shared-exchanges.ts'
import { forwarded } from './client-query.ts'
import { opt } from './codec.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeTarget, type Behaviour } from './fake-target.ts'
import { randomNumbers } from './random.ts'

const answer = { owner: 'example.com.', type: 1, class: 1, ttl: 60, data: Uint8Array.of(192, 0, 2, 1) }

/** A block of servers that behave so, on a clock of its own. */
function block(behaviours: readonly Behaviour[], options: Partial<ForwardOptions> = {}) {
  const clock = new FakeClock()
  const events: ForwardEvent[] = []
  const targets = behaviours.map((behaviour, i) => new FakeTarget(`server${i + 1}`, clock, () => behaviour))
  const environment = {
    now: clock.now,
    after: clock.after,
    random: randomNumbers(1),
    observe: (event: ForwardEvent) => events.push(event),
  }
  const forwarder = new Forwarder(targets, { ...forwardDefaults, policy: 'sequential', ...options }, environment)
  /** Asks, and lets so much time go by as the answer takes, at most ten seconds. */
  const ask = async (query = forwarded('example.com'), transport: 'udp' | 'tcp' = 'udp') => {
    const start = clock.now()
    let end = start
    const result = forwarder.forward(query, transport).finally(() => {
      end = clock.now()
    })
    await clock.advance(10_000)
    return { result: await result, milliseconds: end - start }
  }
  return { clock, events, targets, forwarder, ask }
}

/** How often each server was asked. */
function counts(targets: readonly FakeTarget[]): readonly number[] {
  return targets.map(({ queries }) => queries.length)
}

function rcodeOf(result: ForwardResult): number | string {
  return result.kind === 'reply' || result.kind === 'next' ? result.reply.rcode : result.kind
}

describe('which server is asked', () => {
  test('sequential: always the first', async () => {
    const { targets, ask } = block([{}, {}, {}])
    for (let i = 0; i < 5; i++) await ask()
    expect(counts(targets)).toEqual([5, 0, 0])
  })

  test('round_robin: each in its turn', async () => {
    const { targets, ask } = block([{}, {}, {}], { policy: 'round_robin' })
    const order: string[] = []
    for (let i = 0; i < 6; i++) {
      await ask()
      order.push(...targets.filter(({ asked }) => asked.splice(0).length > 0).map(({ name }) => name))
    }
    expect(order).toEqual(['server1', 'server2', 'server3', 'server1', 'server2', 'server3'])
  })

  test('random: each as often as any other, and so are the second choices', async () => {
    const { targets, ask } = block(['refusing', {}, {}], { policy: 'random', maxFails: 0 })
    for (let i = 0; i < 300; i++) await ask()
    const [first = 0, second = 0, third = 0] = counts(targets)
    // server1 is first choice of a third; the others share that third as second choice.
    expect(Math.abs(first - 100)).toBeLessThan(30)
    expect(Math.abs(second - third)).toBeLessThan(60)
    expect(second + third).toBe(300)
  })
})

describe('when a server fails', () => {
  test('the next is asked, and its answer is the answer', async () => {
    const { targets, ask } = block(['refusing', { answers: [answer] }])
    const { result } = await ask()
    expect(result).toMatchObject({ kind: 'reply', reply: { answers: [answer] } })
    expect(counts(targets)).toEqual([1, 1])
  })

  test('each is asked twice at most, and the reason is the last one', async () => {
    const { targets, ask } = block(['refusing', 'refusing'], { maxFails: 0 })
    expect((await ask()).result).toEqual({ kind: 'failed', reason: 'server2 refuses' })
    expect(counts(targets)).toEqual([2, 2])
  })

  test('max_connect_attempts says how many failures there may be', async () => {
    const { targets, ask } = block(['refusing', 'refusing'], { maxFails: 0, maxConnectAttempts: 3 })
    await ask()
    expect(counts(targets)).toEqual([2, 1])
  })

  test('max_connect_attempts 0 goes on for five seconds, but not as fast as it can', async () => {
    const { targets, ask } = block(['refusing', 'refusing'], { maxFails: 0, maxConnectAttempts: 0 })
    const { result, milliseconds } = await ask()
    expect(result.kind).toBe('failed')
    expect(milliseconds).toBe(5000)
    expect(counts(targets)).toEqual([50, 50])
  })

  test('a query takes five seconds at most, of which a silent server gets two', async () => {
    const { targets, ask } = block(['silent', 'silent', 'silent', 'silent'], { maxFails: 0 })
    const { result, milliseconds } = await ask()
    expect(result).toEqual({ kind: 'failed', reason: 'server3 is silent' })
    expect(milliseconds).toBe(5000)
    expect(counts(targets)).toEqual([1, 1, 1, 0])
  })

  test('read_timeout is what a silent server gets', async () => {
    const { ask } = block(['silent', {}], { readTimeoutMs: 300 })
    expect(await ask()).toMatchObject({ result: { kind: 'reply' }, milliseconds: 300 })
  })
})

describe('health checks', () => {
  test('there are none before a failure, and then one each half second until one succeeds', async () => {
    const { targets, ask, clock } = block(['refusing', {}])
    const [first] = targets
    expect(first?.asked).toEqual([])
    const start = clock.now()
    await ask()
    const checks = first?.asked.filter(({ name }) => name === '.') ?? []
    expect(checks.map(({ type, transport }) => `${type} ${transport}`)).toEqual(Array<string>(21).fill('2 udp'))
    expect(checks.map(({ at }) => at - start)).toEqual(Array.from({ length: 21 }, (_, i) => i * 500))
    if (first) first.behave = () => ({ rcode: 5 })
    await clock.advance(500)
    const before = first?.asked.length
    await clock.advance(5000)
    expect(first?.asked.length).toBe(before)
  })

  test('a silent server has a second for each', async () => {
    const { targets, ask, clock } = block(['silent', {}], { readTimeoutMs: 100 })
    const start = clock.now()
    await ask()
    const checks = targets[0]?.asked.filter(({ name }) => name === '.') ?? []
    expect(checks.slice(0, 3).map(({ at }) => at - start)).toEqual([100, 1600, 3100])
  })

  test('a server that failed three in a row is passed over, until a check succeeds', async () => {
    const { targets, ask, clock } = block(['refusing', {}])
    const [first] = targets
    await ask()
    expect(first?.queries.length).toBe(1)
    await ask()
    expect(first?.queries.length).toBe(1)
    if (first) first.behave = () => ({})
    await clock.advance(500)
    await ask()
    expect(first?.queries.length).toBe(2)
  })

  test('one that has failed twice is still asked', async () => {
    const { targets, forwarder, clock } = block(['refusing', {}])
    for (const wait of [500, 400, 500]) {
      void forwarder.forward(forwarded('example.com'), 'udp')
      await clock.advance(wait)
    }
    // Checks at 0, 500 and 1000 ms failed; the queries came at 0, 500 and 900 ms.
    expect(targets[0]?.queries.length).toBe(3)
    void forwarder.forward(forwarded('example.com'), 'udp')
    await clock.advance(0)
    expect(targets[0]?.queries.length).toBe(3)
  })

  test('max_fails 0 never checks', async () => {
    const { targets, ask } = block(['refusing', {}], { maxFails: 0 })
    await ask()
    await ask()
    expect(targets[0]?.asked.map(({ name }) => name)).toEqual(['example.com.', 'example.com.'])
  })

  test('checks ask what they are told to, over TCP where queries go over TCP', async () => {
    const healthCheck = { intervalMs: 2000, domain: 'health.example.', recursionDesired: false }
    const { targets, ask } = block(['refusing', {}], { healthCheck, transport: 'tcp' })
    await ask()
    const checks = targets[0]?.asked.filter(({ name }) => name === 'health.example.') ?? []
    expect(checks.map(({ transport }) => transport)).toEqual(Array<string>(6).fill('tcp'))
  })

  test('close ends them', async () => {
    const { targets, ask, forwarder, clock } = block(['refusing', {}])
    await ask()
    forwarder.close()
    const before = targets[0]?.asked.length
    await clock.advance(5000)
    expect(targets[0]?.asked.length).toBe(before)
  })

  test('when all are down they are asked all the same, and that is told', async () => {
    const { targets, ask, events } = block(['refusing', 'refusing'])
    await ask()
    expect(events.filter(({ kind }) => kind === 'all-down')).toEqual([])
    for (const target of targets) target.behave = ({ name }) => (name === '.' ? 'refusing' : {})
    expect((await ask()).result.kind).toBe('reply')
    expect(events.filter(({ kind }) => kind === 'all-down')).toHaveLength(1)
  })

  test('with failfast nobody is asked then', async () => {
    const { targets, ask } = block(['refusing', 'refusing'], { failfast: true })
    await ask()
    for (const target of targets) target.behave = ({ name }) => (name === '.' ? 'refusing' : {})
    const before = counts(targets)
    expect((await ask()).result).toEqual({ kind: 'failed', reason: 'Cannot forward a query: all servers are down' })
    expect(counts(targets)).toEqual(before)
  })
})

describe('many at a time', () => {
  test('who asks the same while it is under way waits for the same answer', async () => {
    const { targets, forwarder, clock } = block([{ afterMs: 100, answers: [answer] }])
    const asked = Array.from({ length: 100 }, (_, i) =>
      forwarder.forward(forwarded(i % 2 ? 'example.com' : 'EXAMPLE.com'), 'udp'),
    )
    await clock.advance(100)
    const results = await Promise.all(asked)
    expect(counts(targets)).toEqual([1])
    expect(results.every((result) => result === results[0])).toBe(true)
    void forwarder.forward(forwarded('example.com'), 'udp')
    expect(counts(targets)).toEqual([2])
  })

  test('what differs in type, RD, CD, DO, EDNS or transport is asked by itself', async () => {
    const { targets, forwarder } = block([{ afterMs: 100 }])
    const queries = [
      forwarded('example.com'),
      forwarded('example.com', 'AAAA'),
      forwarded('example.com', 'A', { flags: 0 }),
      forwarded('example.com', 'A', { flags: 0x0110 }),
      forwarded('example.com', 'A', { additionals: opt() }),
      forwarded('example.com', 'A', { additionals: opt({ flags: 0x8000 }) }),
    ]
    for (const query of queries) void forwarder.forward(query, 'udp')
    void forwarder.forward(forwarded('example.com'), 'tcp')
    expect(counts(targets)).toEqual([7])
    for (const query of queries) void forwarder.forward(query, 'udp')
    expect(counts(targets)).toEqual([7])
  })

  test('a cookie or another size makes no other question; a client subnet does, but not without end', async () => {
    const { targets, forwarder, clock } = block([{ afterMs: 100 }])
    const variants = Array.from({ length: 50 }, (_, i) => {
      const cookie = { code: 10, data: Buffer.alloc(8, i) }
      return forwarded('example.com', 'A', { additionals: opt({ udpPayloadSize: 1000 + i, options: [cookie] }) })
    })
    for (const query of variants) void forwarder.forward(query, 'udp')
    expect(counts(targets)).toEqual([1])
    const subnets = Array.from({ length: 50 }, (_, i) => {
      const subnet = { code: 8, ip: `192.0.${i}.0`, sourcePrefixLength: 24 }
      return forwarder.forward(forwarded('example.com', 'A', { additionals: opt({ options: [subnet] }) }), 'udp')
    })
    expect(counts(targets)).toEqual([maxVariants])
    await clock.advance(100)
    expect((await Promise.all(subnets)).map(({ kind }) => kind).filter((kind) => kind === 'refused')).toHaveLength(
      50 - maxVariants + 1,
    )
    void forwarder.forward(forwarded('example.com'), 'udp')
    expect(counts(targets)).toEqual([maxVariants + 1])
  })

  test('max_concurrent refuses one more, whether or not it shares', async () => {
    const { forwarder, clock, events } = block([{ afterMs: 100 }], { maxConcurrent: 2 })
    const results = ['a', 'b', 'c', 'a'].map((name) => forwarder.forward(forwarded(name), 'udp'))
    await clock.advance(100)
    expect((await Promise.all(results)).map(rcodeOf)).toEqual([0, 0, 'refused', 'refused'])
    expect(events.filter(({ kind }) => kind === 'refused')).toHaveLength(2)
    const after = forwarder.forward(forwarded('c'), 'udp')
    await clock.advance(100)
    expect(rcodeOf(await after)).toBe(0)
  })

  test('without it there is a bound all the same', async () => {
    const { forwarder, targets, clock } = block([{ afterMs: 100 }])
    const results = Array.from({ length: maxExchanges + 10 }, (_, i) => forwarder.forward(forwarded(`name${i}`), 'udp'))
    await clock.advance(100)
    expect((await Promise.all(results)).filter(({ kind }) => kind === 'refused')).toHaveLength(10)
    expect(counts(targets)).toEqual([maxExchanges])
  })
})

describe('rcodes', () => {
  test("are the client's, whatever they are", async () => {
    for (const rcode of [1, 2, 3, 4, 5]) {
      const { targets, ask } = block([{ rcode }, {}])
      expect(rcodeOf((await ask()).result)).toBe(rcode)
      expect(counts(targets)).toEqual([1, 0])
    }
  })

  test('failover asks the next server while there is one, and gives the last reply', async () => {
    const { targets, ask } = block([{ rcode: 2 }, { rcode: 5 }, { rcode: 2 }], {
      failover: [2, 5],
      maxConnectAttempts: 1,
    })
    expect(rcodeOf((await ask()).result)).toBe(2)
    expect(counts(targets)).toEqual([1, 1, 1])
    const better = block([{ rcode: 2 }, { rcode: 3 }, {}], { failover: [2] })
    expect(rcodeOf((await better.ask()).result)).toBe(3)
    expect(counts(better.targets)).toEqual([1, 1, 0])
  })

  test('failover to servers that fail gives the reply there was', async () => {
    const { ask } = block([{ rcode: 2 }, 'refusing'], { failover: [2], maxConnectAttempts: 1 })
    expect(rcodeOf((await ask()).result)).toBe(2)
  })

  test('next is told to the caller', async () => {
    const { ask } = block([{ rcode: 3 }], { next: [3] })
    expect((await ask()).result).toMatchObject({ kind: 'next', reply: { rcode: 3 } })
    expect((await block([{}], { next: [3] }).ask()).result.kind).toBe('reply')
    expect((await block([{}], { nextOnNodata: true }).ask()).result.kind).toBe('next')
    expect((await block([{ answers: [answer] }], { nextOnNodata: true }).ask()).result.kind).toBe('reply')
    expect((await block([{ rcode: 3 }], { nextOnNodata: true }).ask()).result.kind).toBe('reply')
  })
})

describe('transport', () => {
  test.each([
    { option: 'client', client: 'udp', want: 'udp' },
    { option: 'client', client: 'tcp', want: 'tcp' },
    { option: 'tcp', client: 'udp', want: 'tcp' },
    { option: 'prefer_udp', client: 'tcp', want: 'udp' },
  ] as const)('$option asks a client over $client over $want', async ({ option, client, want }) => {
    const { targets, ask } = block([{}], { transport: option })
    await ask(forwarded('example.com'), client)
    expect(targets[0]?.asked.map(({ transport }) => transport)).toEqual([want])
  })

  test("a truncated reply is the client's, who asks again over TCP", async () => {
    const { targets, ask } = block([{ truncated: true, answers: [answer] }])
    expect((await ask()).result).toMatchObject({ kind: 'reply', reply: { truncated: true, answers: [answer] } })
    expect(counts(targets)).toEqual([1])
  })

  test('with prefer_udp we ask the same server again over TCP', async () => {
    const { targets, ask } = block([{}, {}], { transport: 'prefer_udp' })
    const [first] = targets
    if (first) first.behave = ({ transport }) => ({ truncated: transport === 'udp', answers: [answer] })
    expect((await ask()).result).toMatchObject({ kind: 'reply', reply: { truncated: false, answers: [answer] } })
    expect(first?.asked.map(({ transport }) => transport)).toEqual(['udp', 'tcp'])
    expect(counts(targets)).toEqual([2, 0])
  })

  test('a datagram that cannot be read becomes a truncated reply; over TCP it is a failure', async () => {
    const query = forwarded('example.com')
    const bytes = Uint8Array.from([...query.wire.subarray(0, query.questionEnd), 0xff, 0xff])
    bytes[2] = 0x84
    bytes[7] = 3
    const { ask } = block([{ bytes }])
    expect((await ask(query)).result).toMatchObject({
      kind: 'reply',
      reply: { truncated: true, rcode: 0, questions: [{ name: 'example.com.' }], answers: [] },
    })
    const { result } = await block([{ bytes }]).ask(query, 'tcp')
    expect(result).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('The reply of server1 is malformed: it is too short'),
    })
  })
})

test('observers see each exchange', async () => {
  const { events, ask } = block(['refusing', { rcode: 3, afterMs: 7 }], { maxFails: 0 })
  await ask()
  expect(events).toEqual([
    { kind: 'exchange', target: 'server1', milliseconds: 0, reason: 'server1 refuses' },
    { kind: 'exchange', target: 'server2', milliseconds: 7, rcode: 3 },
  ])
})

test.each([
  { name: 'example.com.', from: '.', except: [], want: true },
  { name: '.', from: '.', except: [], want: true },
  { name: 'www.example.com.', from: 'example.com.', except: [], want: true },
  { name: 'example.com.', from: 'example.com.', except: [], want: true },
  { name: 'badexample.com.', from: 'example.com.', except: [], want: false },
  { name: 'com.', from: 'example.com.', except: [], want: false },
  { name: 'a.internal.', from: '.', except: ['internal.'], want: false },
  { name: 'internal.', from: '.', except: ['internal.'], want: false },
  { name: 'external.', from: '.', except: ['internal.'], want: true },
])('$name is forwarded from $from except $except: $want', ({ name, from, except, want }) => {
  expect(isForwarded({ ...forwardDefaults, from, except }, name)).toBe(want)
})
