import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const rows = readFileSync('docs/behaviours.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, number = '', setUp = '', , held = '']) => ({ number, setUp, held }))

test('there are 37', () => {
  expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 37 }, (_, i) => i + 1))
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
