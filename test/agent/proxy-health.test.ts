import { expect, test } from 'vitest'
import { healthzAnswer, livezAnswer } from '../../src/agent/health-body.ts'
import { isHealthy, ProxyHealth } from '../../src/agent/proxy-health.ts'
import type { Family } from '../../src/net/family.ts'

const start = Date.UTC(2026, 2, 1, 12)
/** So many seconds after the start, on a node whose clock is right. */
const at = (seconds: number) => ({ steadyMs: seconds * 1000, wallMs: start + seconds * 1000 })

type Step = readonly ['queued' | 'updated', Family, number]

/** With kube-proxy's 30 seconds. */
function after(...steps: readonly Step[]): ProxyHealth {
  const health = new ProxyHealth(60_000)
  for (const [what, family, seconds] of steps) health[what](family, at(seconds))
  return health
}

test.each<{ name: string; steps: readonly Step[]; seconds: number; want: Readonly<Record<string, boolean>> }>([
  { name: 'nothing has begun', steps: [], seconds: 1000, want: {} },
  { name: 'asked for, and none has begun', steps: [['queued', 'IPv4', 0]], seconds: 1000, want: {} },
  { name: 'nothing was asked for', steps: [['updated', 'IPv4', 0]], seconds: 1000, want: { IPv4: true } },
  {
    name: 'asked for, a moment before the timeout',
    steps: [
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
    ],
    seconds: 69.999,
    want: { IPv4: true },
  },
  {
    name: 'asked for, at the timeout',
    steps: [
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
    ],
    seconds: 70,
    want: { IPv4: false },
  },
  {
    name: 'asked for again: the first request counts',
    steps: [
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
      ['queued', 'IPv4', 69],
    ],
    seconds: 70,
    want: { IPv4: false },
  },
  {
    name: 'it succeeded, late',
    steps: [
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
      ['updated', 'IPv4', 200],
    ],
    seconds: 201,
    want: { IPv4: true },
  },
  {
    name: 'asked for after a success: that counts anew',
    steps: [
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
      ['updated', 'IPv4', 20],
      ['queued', 'IPv4', 50],
    ],
    seconds: 109,
    want: { IPv4: true },
  },
  {
    name: 'one family of two',
    steps: [
      ['updated', 'IPv6', 0],
      ['updated', 'IPv4', 0],
      ['queued', 'IPv4', 10],
      ['queued', 'IPv6', 10],
      ['updated', 'IPv6', 11],
    ],
    seconds: 90,
    want: { IPv4: false, IPv6: true },
  },
])('$name', ({ steps, seconds, want }) => {
  const rules = after(...steps).health(at(seconds))
  expect(Object.fromEntries([...rules].map(([family, { healthy }]) => [family, healthy]))).toEqual(want)
  expect([...rules.keys()]).toEqual(Object.keys(want))
  expect(isHealthy(rules)).toBe(!Object.values(want).includes(false))
})

test('a clock that is set does not make rules late, or early', () => {
  const health = after(['updated', 'IPv4', 0], ['queued', 'IPv4', 0])
  const hour = 3_600_000
  expect(isHealthy(health.health({ steadyMs: 59_999, wallMs: start + hour }))).toBe(true)
  expect(isHealthy(health.health({ steadyMs: 60_000, wallMs: start - hour }))).toBe(false)
})

const usual = { nodeEligible: true, problems: [] }
const both = after(['updated', 'IPv4', 1.25], ['updated', 'IPv6', 2.5])
const late = after(['updated', 'IPv4', 1], ['updated', 'IPv6', 1], ['queued', 'IPv4', 2], ['updated', 'IPv4', 3])
late.queued('IPv4', at(4))

test.each([
  [
    'both well',
    healthzAnswer(both.health(at(9)), usual, at(9).wallMs),
    200,
    '{"lastUpdated":"2026-03-01T12:00:09Z","currentTime":"2026-03-01T12:00:09Z","nodeEligible":true,"healthy":true,"status":{"IPv4":{"lastUpdated":"2026-03-01T12:00:01.25Z","healthy":true},"IPv6":{"lastUpdated":"2026-03-01T12:00:02.5Z","healthy":true}}}',
  ],
  [
    'a node that is about to go',
    healthzAnswer(both.health(at(9)), { ...usual, nodeEligible: false }, at(9).wallMs),
    503,
    '{"lastUpdated":"2026-03-01T12:00:02.5Z","currentTime":"2026-03-01T12:00:09Z","nodeEligible":false,"healthy":true,"status":{"IPv4":{"lastUpdated":"2026-03-01T12:00:01.25Z","healthy":true},"IPv6":{"lastUpdated":"2026-03-01T12:00:02.5Z","healthy":true}}}',
  ],
  [
    'rules of IPv4 late',
    healthzAnswer(late.health(at(64)), usual, at(64).wallMs),
    503,
    '{"lastUpdated":"2026-03-01T12:00:03Z","currentTime":"2026-03-01T12:01:04Z","nodeEligible":true,"healthy":false,"status":{"IPv4":{"lastUpdated":"2026-03-01T12:00:03Z","healthy":false},"IPv6":{"lastUpdated":"2026-03-01T12:00:01Z","healthy":true}}}',
  ],
  [
    'the same, alive',
    livezAnswer(late.health(at(64)), at(64).wallMs),
    503,
    '{"lastUpdated":"2026-03-01T12:00:03Z","currentTime":"2026-03-01T12:01:04Z","healthy":false,"status":{"IPv4":{"lastUpdated":"2026-03-01T12:00:03Z","healthy":false},"IPv6":{"lastUpdated":"2026-03-01T12:00:01Z","healthy":true}}}',
  ],
  [
    'alive before anything has begun',
    livezAnswer(after().health(at(9)), at(9).wallMs),
    200,
    '{"lastUpdated":"2026-03-01T12:00:09Z","currentTime":"2026-03-01T12:00:09Z","healthy":true}',
  ],
  [
    'problems of our own, before anything has begun',
    healthzAnswer(after().health(at(9)), { ...usual, problems: ['The watch is stale'] }, at(9).wallMs),
    503,
    '{"lastUpdated":"0001-01-01T00:00:00Z","currentTime":"2026-03-01T12:00:09Z","nodeEligible":true,"healthy":true,"problems":["The watch is stale"]}',
  ],
])('the body: %s', (_, answer, status, body) => {
  expect(answer).toEqual({ status, body })
})
