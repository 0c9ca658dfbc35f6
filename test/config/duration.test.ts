import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDuration } from '../../src/config/duration.ts'

test.each([
  ['0', 0],
  ['-0', 0],
  ['+0', 0],
  ['0s', 0],
  ['-0s', 0],
  ['30s', 30_000],
  ['+30s', 30_000],
  ['-30s', -30_000],
  ['1h0m0s', 3_600_000],
  ['24h0m0s', 86_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1_000],
  ['250ms', 250],
  ['1us', 0.001],
  ['1\u00b5s', 0.001],
  ['1\u03bcs', 0.001],
  ['1ns', 0.000001],
  ['0.9ns', 0],
  ['1m1m', 120_000],
  ['2562047h47m16.854775807s', 9_223_372_036_854.775],
])('%s', (text, want) => {
  expect(parseDuration(text)).toBe(want)
})

test.each([
  '',
  ' ',
  '30',
  '1',
  '-',
  '+',
  's',
  '.s',
  '.',
  '1.5',
  '1 s',
  ' 1s',
  '1s ',
  '1d',
  '1S',
  '1h1',
  '1h-1m',
  '--1s',
  '1..5s',
  '1e3s',
  '0x1s',
  '\u0661s',
  '2562047h47m16.854775808s',
  '9999999999h',
  `${'1'.repeat(100)}s`,
])('"%s" is none', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

const isDigit = (letter: string | undefined) => letter !== undefined && letter >= '0' && letter <= '9'

/** Reads one character after the other, as Go's reader is written, and counts in nanoseconds. */
function readByCharacter(text: string): bigint | undefined {
  const unitNs = new Map([
    ['h', 3_600_000_000_000n],
    ['m', 60_000_000_000n],
    ['s', 1_000_000_000n],
    ['ms', 1_000_000n],
    ['us', 1_000n],
    ['\u00b5s', 1_000n],
    ['\u03bcs', 1_000n],
    ['ns', 1n],
  ])
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') return undefined
  let sum = 0n
  while (rest !== '') {
    let whole = 0n
    let digits = 0
    for (; isDigit(rest[0]); rest = rest.slice(1), digits++) whole = whole * 10n + BigInt(rest[0] ?? '')
    let part = 0n
    let scale = 1n
    if (rest[0] === '.') {
      rest = rest.slice(1)
      for (; isDigit(rest[0]); rest = rest.slice(1), digits++, scale *= 10n) part = part * 10n + BigInt(rest[0] ?? '')
    }
    if (digits === 0) return undefined
    let unit = ''
    for (; rest !== '' && rest[0] !== '.' && !isDigit(rest[0]); rest = rest.slice(1)) unit += rest[0]
    const ns = unitNs.get(unit)
    if (ns === undefined) return undefined
    sum += whole * ns + (part * ns) / scale
  }
  if (sum > 2n ** 63n - 1n) return undefined
  return text.startsWith('-') ? -sum : sum
}

const letters = fc.string({ unit: fc.constantFrom(...Array.from('0123456789..+-hmsnu\u00b5\u03bc')), maxLength: 12 })
const parts = fc
  .array(
    fc.tuple(
      fc.nat(),
      fc.constantFrom('', '.', '.5', '.125', '.0000000001'),
      fc.constantFrom('h', 'm', 's', 'ms', 'us', 'ns'),
    ),
    {
      maxLength: 4,
    },
  )
  .map((list) => list.map(([whole, fraction, unit]) => `${whole}${fraction}${unit}`).join(''))

test('agrees with a reading character by character', () => {
  const texts = fc.oneof(
    letters,
    fc.tuple(fc.constantFrom('', '-', '+'), parts).map(([sign, text]) => sign + text),
  )
  let durations = 0
  fc.assert(
    fc.property(texts, (text) => {
      const want = readByCharacter(text)
      if (want !== undefined) durations++
      expect(parseDuration(text)).toBe(want === undefined ? undefined : Number(want) / 1e6)
    }),
    { numRuns: 5000 },
  )
  expect(durations).toBeGreaterThan(500)
})
