import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, type Line } from '../../src/diff/line-diff.ts'

const lines = (text: string): readonly Line[] => text.split('').map((char) => ({ key: char, text: char }))
const shown = (old: string, now: string) => diffLines(lines(old), lines(now)).map(({ sign, text }) => `${sign}${text}`)

test.each([
  ['abc', 'abc', [' a', ' b', ' c']],
  ['', 'ab', ['+a', '+b']],
  ['ab', '', ['-a', '-b']],
  ['abc', 'axc', [' a', '-b', '+x', ' c']],
  ['abcd', 'bd', ['-a', ' b', '-c', ' d']],
  ['abcabba', 'cbabac', ['-a', '-b', ' c', '+b', ' a', ' b', '-b', ' a', '+c']],
])('%s to %s', (old, now, want) => {
  expect(shown(old, now)).toEqual(want)
})

const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }).map((chars) => chars.join(''))

test('applying the edits gives the new lines, undoing them the old, and none is wasted', () => {
  fc.assert(
    fc.property(text, text, (old, now) => {
      const edits = diffLines(lines(old), lines(now))
      const without = (sign: '+' | '-') => edits.filter((edit) => edit.sign !== sign).map((edit) => edit.text)
      expect(without('-').join('')).toBe(now)
      expect(without('+').join('')).toBe(old)
      expect(edits.filter(({ sign }) => sign === ' ')).toHaveLength(longestCommonSubsequence(old, now))
    }),
    { numRuns: 300 },
  )
})

test('lines are equal by key and shown in the new words', () => {
  const edits = diffLines([{ key: 'k', text: 'old words' }], [{ key: 'k', text: 'new words' }])
  expect(edits).toEqual([{ sign: ' ', text: 'new words' }])
})

/** The textbook table, as an independent measure. */
function longestCommonSubsequence(a: string, b: string): number {
  let row = Array<number>(b.length + 1).fill(0)
  for (const charA of a) {
    const next = [0]
    for (const [i, charB] of b.split('').entries()) {
      next.push(charA === charB ? (row[i] ?? 0) + 1 : Math.max(row[i + 1] ?? 0, next[i] ?? 0))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
