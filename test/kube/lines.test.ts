import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linesOf, textOf } from '../../src/kube/lines.ts'

const bytes = (parts: readonly string[]) => Readable.from(parts.map((part) => Buffer.from(part)))

async function collect(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

test('lines are the same however the bytes are cut', async () => {
  const text = '{"ä":1}\n\n{"b":"日本"}\ncut off'
  const cuts = fc.array(fc.nat(Buffer.byteLength(text)), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const edges = [0, ...at.sort((a, b) => a - b), Buffer.byteLength(text)]
      const chunks = edges.slice(1).map((end, i) => Buffer.from(text).subarray(edges[i], end))
      expect(await collect(linesOf(Readable.from(chunks), 100))).toEqual(['{"ä":1}', '', '{"b":"日本"}'])
    }),
  )
})

test('a line that never ends is not collected', async () => {
  await expect(collect(linesOf(bytes(['ok\n', '12345', '67890']), 8))).rejects.toThrow(
    'a line of the answer is longer than 8 bytes',
  )
})

test('a body that never ends is not collected', async () => {
  expect(await textOf(bytes(['1234', '5678']), 8)).toBe('12345678')
  await expect(textOf(bytes(['1234', '56789']), 8)).rejects.toThrow('the answer is longer than 8 bytes')
})
