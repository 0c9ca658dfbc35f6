import { pino } from 'pino'
import { expect, test } from 'vitest'
import { WatchTrouble } from '../../src/agent/watch-trouble.ts'

function trouble() {
  const lines: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { lines, trouble: new WatchTrouble(log) }
}

test('an outage is a line at once, one a minute, and one at its end', () => {
  const { lines, trouble: watch } = trouble()
  watch.failed('services', { message: 'Cannot watch services: refused', reason: 'refused' }, 0)
  watch.failed('nodes', { message: 'Cannot watch nodes: refused', reason: 'refused' }, 10)
  for (let now = 1000; now < 60_000; now += 1000)
    watch.failed('services', { message: 'Cannot watch services: refused', reason: 'refused' }, now)
  watch.failed('nodes', { message: 'Cannot watch nodes: refused', reason: 'refused' }, 61_000)
  watch.recovered('nodes', 62_000)
  expect(lines).toHaveLength(2)
  watch.recovered('services', 63_000)
  expect(lines).toEqual([
    {
      level: 40,
      resources: ['services'],
      seconds: 0,
      msg: 'Cannot watch services: refused; what is known stays in force',
    },
    {
      level: 40,
      resources: ['nodes', 'services'],
      seconds: 61,
      msg: 'Cannot watch nodes: refused; what is known stays in force',
    },
    { level: 30, seconds: 63, msg: 'The API server is followed again' },
  ])
})

test('the next outage is news again', () => {
  const { lines, trouble: watch } = trouble()
  watch.failed('services', { message: 'refused', reason: 'refused' }, 0)
  watch.recovered('services', 1)
  watch.failed('services', { message: 'refused', reason: 'refused' }, 2)
  expect(lines).toHaveLength(3)
})

test('another reason is news, but not too many in a minute', () => {
  const { lines, trouble: watch } = trouble()
  const reasons = ['reset', '401', 'reset', '401', ...Array.from({ length: 20 }, (_, i) => `500: ${i}`)]
  for (const [now, reason] of reasons.entries()) watch.failed('services', { message: reason, reason }, now)
  const said = () => lines.map((line) => (isLine(line) ? line.msg.split(';')[0] : line))
  expect(said()).toEqual(['reset', '401', '500: 0', '500: 1', '500: 2'])
  watch.failed('services', { message: '401', reason: '401' }, 60_000)
  expect(said()).toHaveLength(6)
})

function isLine(line: unknown): line is { readonly msg: string } {
  return typeof line === 'object' && line !== null && 'msg' in line
}

test('what never failed does not recover', () => {
  const { lines, trouble: watch } = trouble()
  watch.recovered('services', 0)
  expect(lines).toEqual([])
})
