import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ipvsDifferences } from '../packets/ipvs-differences.ts'

describe.each([
  { document: 'docs/behaviours.md', count: 37 },
  { document: 'docs/ipvs-behaviours.md', count: 29 },
])('$document', ({ document, count }) => {
  const rows = readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, number = '', setUp = '', , held = '']) => ({ number, setUp, held }))

  test(`has ${count}`, () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  })

  test.each(rows)('$number, $setUp: every file and name that it gives is there', ({ held }) => {
    const files = held.split(/(?=`(?:golden|test)\/)/).filter((part) => part.startsWith('`'))
    // What is not there yet has no test.
    if (files.length === 0) expect(held).toBe('none')
    for (const part of files) {
      const [, path = ''] = /^`([^`]+)`/.exec(part) ?? []
      expect(path).toSatisfy(existsSync)
      for (const [, name = ''] of part.matchAll(/"([^"]+)"/g)) expect(readFileSync(path, 'utf8')).toContain(name)
    }
  })
})

test('every difference of IPVS mode has its reason', () => {
  const reasons = readFileSync('docs/ipvs-behaviours.md', 'utf8').split('\n')
  for (const { name } of ipvsDifferences) {
    expect(reasons.filter((line) => line.startsWith(`| ${name} `))).toHaveLength(1)
  }
})
