import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogRepeats } from '../../src/host/log-repeats.ts'
import { createLog, type LogOptions } from '../../src/host/log.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 11, 52, 34, 123) })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A log, and the lines it has written. */
function logOf(options: LogOptions) {
  const lines: string[] = []
  return { lines, log: createLog(options, { write: (line) => lines.push(line) }) }
}

const head = (letter: string) => `${letter}1121 11:52:34.123000 ${String(process.pid).padStart(7)} pointsman]`

test('text is as klog writes it', () => {
  const { log, lines } = logOf({ format: 'text' })
  log.info({ family: 'IPv4', services: 12, ownMs: 0.5, addresses: ['::1'], dry: false }, 'programmed')
  log.warn('somebody else changed our rules: repaired')
  log.error({ service: 'shop/cart' }, 'no')
  expect(lines).toEqual([
    `${head('I')} "programmed" family="IPv4" services=12 ownMs=0.5 addresses=["::1"] dry=false\n`,
    `${head('W')} "somebody else changed our rules: repaired"\n`,
    `${head('E')} "no" service="shop/cart"\n`,
  ])
})

test.each(['text', 'json'] as const)('%s: what a name holds cannot end the line', (format) => {
  const { log, lines } = logOf({ format })
  const evil = 'a\nE1121 "forged"\r\u001b[2J\u009b2J\u202egnp.exe\u2028'
  log.error({ service: evil }, `Service ${evil}: no`)
  expect(lines.join('').match(/\n/g)).toHaveLength(1)
  // eslint-disable-next-line no-control-regex
  expect(lines.join('').slice(0, -1)).not.toMatch(/[\u0000-\u001f]/)
  if (format === 'text') expect(lines.join('').slice(0, -1)).not.toMatch(/[\u007f-\u009f\u2028\u202e]/)
})

test.each([
  { verbosity: 0, want: ['info'] },
  { verbosity: 1, want: ['info'] },
  { verbosity: 2, want: ['info', 'debug'] },
  { verbosity: 9, want: ['info', 'debug'] },
])('-v=$verbosity writes $want', ({ verbosity, want }) => {
  const { log, lines } = logOf({ format: 'json', verbosity })
  log.info('a')
  log.debug('b')
  expect(lines.map((line): unknown => JSON.parse(line).level)).toEqual(want)
})

test('what goes wrong again and again is written at once, then once a minute with its number', () => {
  const { log, lines } = logOf({ format: 'json' })
  const fail = (retryMs: number) => log.error({ retryMs }, 'Cannot sync: IPv4: busy')
  for (const retryMs of [1000, 2000, 4000]) fail(retryMs)
  log.warn({ service: 'shop/a' }, 'refused')
  log.warn({ service: 'shop/b' }, 'refused')
  const said = () => lines.splice(0).map((line): unknown => JSON.parse(line))
  expect(said()).toMatchObject([
    { level: 'error', retryMs: 1000 },
    { level: 'warn', service: 'shop/a' },
    { level: 'warn', service: 'shop/b' },
  ])
  vi.advanceTimersByTime(60_000)
  expect(said()).toMatchObject([{ level: 'error', msg: 'Cannot sync: IPv4: busy', retryMs: 4000, times: 2 }])
  // It has gone on: still counted. Then it is over, and would be news.
  fail(8000)
  expect(said()).toEqual([])
  vi.advanceTimersByTime(60_000)
  expect(said()).toMatchObject([{ retryMs: 8000, times: 1 }])
  vi.advanceTimersByTime(60_000)
  expect(said()).toEqual([])
  fail(1000)
  expect(said()).toHaveLength(1)
})

test('events are all written, however often', () => {
  const { log, lines } = logOf({ format: 'json' })
  for (let i = 0; i < 5; i++) log.info('programmed')
  expect(lines).toHaveLength(5)
})

test('so many different lines are told apart, and no more', () => {
  const repeats = new LogRepeats()
  for (let i = 0; i < 10_000; i++) expect(repeats.isFirst(50, [`Service shop/${i} is wrong`])).toBe(true)
  expect(repeats.isFirst(50, ['Service shop/9999 is wrong'])).toBe(false)
  expect(repeats.isFirst(50, ['Service shop/9500 is wrong'])).toBe(false)
  expect(repeats.isFirst(50, ['Service shop/9000 is wrong'])).toBe(true)
})
