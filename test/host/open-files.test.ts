import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { maxOpenFiles } from '../../src/host/open-files.ts'

test.each([
  ['Max open files            1024                 524288               files', 1024],
  ['Max open files            unlimited            unlimited            files', Number.POSITIVE_INFINITY],
])('%s', async (line, limit) => {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  try {
    const file = join(directory, 'limits')
    await writeFile(file, `Limit                     Soft Limit           Hard Limit           Units\n${line}\n`)
    expect(maxOpenFiles(file)).toBe(limit)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('this process may open some', () => {
  expect(maxOpenFiles()).toBeGreaterThan(100)
})
