import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commitWords, viewOf, type TableView } from '../../src/dns/table/commit.ts'
import { findPart, keyLength, keyStart, lengthOfPart, startOfPart } from '../../src/dns/table/entry.ts'
import { hashKey } from '../../src/dns/table/key-hash.ts'
import { TableImage } from '../../src/dns/table/table-image.ts'
import { valueKey } from '../../src/dns/table/table-key.ts'
import { TableWriter } from '../../src/dns/table/table-writer.ts'

const type = 7

function put(table: TableWriter, key: string, text: string): void {
  table.put(valueKey(key), [{ type, count: 1, wire: Buffer.from(text) }], 0)
}

/** All that a view holds, by key. */
function contentOf({ image, generation }: TableView): ReadonlyMap<string, string> {
  const { words, bytes } = image
  return new Map(
    [...image.entries(generation)].map((entry) => {
      const start = keyStart(entry)
      const part = findPart(words, entry, type)
      const wire = bytes.subarray(startOfPart(part), startOfPart(part) + lengthOfPart(words, part))
      return [latin(bytes.subarray(start + 1, start + keyLength(words, entry))), part === 0 ? '' : latin(wire)]
    }),
  )
}

function valuesIn(image: TableImage): readonly string[] {
  return [...contentOf(viewOf(image, image.head)).values()].sort()
}

function placeOf(key: Uint8Array, seed: number): number {
  return hashKey(key, 0, key.length, seed, seed) & 1023
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** A reader in this thread, which the writer gives each new buffer. */
function readTable(): {
  readonly exchange: (buffer: SharedArrayBuffer) => Promise<void>
  readonly view: () => TableView
} {
  let image: TableImage | undefined
  return {
    exchange: async (buffer) => {
      image = new TableImage(buffer)
    },
    view: () => {
      if (image === undefined) throw new Error('no buffer has been given')
      return viewOf(image, image.head)
    },
  }
}

const change = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.nat({ max: 12 }), value: fc.nat({ max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: fc.nat({ max: 12 }) }) },
  // Much of it, so that the table goes into a new buffer every few of them.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ballast' as const), kilobytes: fc.nat({ max: 90 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failure' as const), kilobytes: fc.nat({ max: 80 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
)

test('whatever is changed, every commit shows exactly what was there then, for ever', async () => {
  let buffers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 60, size: 'max' }), async (changes) => {
      const reader = readTable()
      const given = new Set<SharedArrayBuffer>()
      const table = new TableWriter({
        seed: [1, 2],
        exchange: (buffer) => reader.exchange(given.add(buffer) && buffer),
      })
      await reader.exchange(table.buffer)
      const want = new Map<string, string>()
      const seen: { readonly view: TableView; readonly want: ReadonlyMap<string, string> }[] = []
      for (const [i, step] of changes.entries()) {
        if (step.kind === 'put') put(table, `k${step.key}`, `v${step.value}`)
        if (step.kind === 'put') want.set(`k${step.key}`, `v${step.value}`)
        if (step.kind === 'remove') table.remove(valueKey(`k${step.key}`))
        if (step.kind === 'remove') want.delete(`k${step.key}`)
        if (step.kind === 'ballast') put(table, 'ballast', 'x'.repeat(1024 * step.kilobytes))
        if (step.kind === 'ballast') want.set('ballast', 'x'.repeat(1024 * step.kilobytes))
        if (step.kind === 'failure') expect(() => fail(table, step.kilobytes)).toThrow('half done')
        expect(contentOf(table)).toEqual(want)
        if (step.kind !== 'commit') continue
        table.serial = i
        await table.commit()
        seen.push({ view: reader.view(), want: new Map(want) })
        expect(reader.view()).toMatchObject({ serial: i })
      }
      for (const { view, want: then } of seen) expect(contentOf(view)).toEqual(then)
      buffers += given.size
    }),
    { numRuns: 300, seed: 20261124 },
  )
  expect(buffers).toBeGreaterThan(200)
})

/** Changes much, and then throws. */
function fail(table: TableWriter, kilobytes: number): void {
  table.atomically(() => {
    for (let i = 0; i < 15; i++) put(table, `k${i}`, 'never')
    table.remove(valueKey('k1'))
    put(table, 'ballast', 'y'.repeat(1024 * kilobytes))
    for (let i = 0; i < 15; i++) put(table, `n${i}`, 'never')
    throw new Error('half done')
  })
}

test('what is not a change takes no memory, and is no new version', () => {
  const table = new TableWriter({})
  put(table, 'a', 'same')
  const entry = table.image.find(valueKey('a'), 0, 2, table.generation)
  put(table, 'a', 'same')
  expect(table.image.find(valueKey('a'), 0, 2, table.generation)).toBe(entry)
  put(table, 'a', 'other')
  expect(table.image.find(valueKey('a'), 0, 2, table.generation)).not.toBe(entry)
})

test('references outlive new versions and new buffers', () => {
  const table = new TableWriter({})
  const key = valueKey('name')
  expect(table.refer(key)).toBe(0)
  put(table, 'name', 'nothing')
  expect([table.refer(key), table.refer(key)]).toEqual([1, 2])
  put(table, 'name', 'something')
  put(table, 'ballast', 'x'.repeat(200_000))
  expect([table.refer(key), table.release(key), table.release(key)]).toEqual([3, 2, 1])
  expect(contentOf(table).get('name')).toBe('something')
  expect(table.release(key)).toBe(0)
  expect([...contentOf(table).keys()]).toEqual(['ballast'])
})

describe('memory', () => {
  test('a table that holds ever new versions of the same keys stays as large as it is', async () => {
    const table = new TableWriter({})
    let most = 0
    for (let i = 0; i < 20_000; i++) {
      put(table, `k${i % 100}`, `${i} ${'x'.repeat(500)}`)
      if (i % 10 === 0) await table.commit()
      most = Math.max(most, table.image.buffer.byteLength)
    }
    expect(most).toBeLessThan(300_000)
  })

  test('what is removed is given back', async () => {
    const table = new TableWriter({})
    for (let i = 0; i < 20_000; i++) put(table, `k${i}`, 'x'.repeat(500))
    await table.commit()
    expect(table.buffer.byteLength).toBeGreaterThan(10_000_000)
    for (let i = 0; i < 20_000; i++) table.remove(valueKey(`k${i}`))
    await table.commit()
    // Up to that commit readers asked for it.
    await table.commit()
    expect(table.buffer.byteLength).toBeLessThan(200_000)
  })

  test('too much is a sentence, and what is there stays', async () => {
    const table = new TableWriter({ maxBytes: 1_000_000 })
    put(table, 'a', 'kept')
    const fill = (): void => {
      for (let i = 0; i < 10_000; i++) put(table, `k${i}`, 'x'.repeat(500))
    }
    expect(() => table.atomically(fill)).toThrow(/^the DNS table would take \d+ bytes, expected at most 1000000$/)
    expect([...contentOf(table)]).toEqual([['a', 'kept']])
    put(table, 'b', 'after')
    await table.commit()
    expect([...contentOf(viewOf(table.image, table.image.head)).keys()].sort()).toEqual(['a', 'b'])
    expect(table.buffer.byteLength).toBeLessThanOrEqual(1_000_000)
  })
})

describe('exchange', () => {
  const ballast = 'x'.repeat(200_000)

  test('until every reader has the new buffer none sees the change, and what comes meanwhile waits for its own commit', async () => {
    const given: SharedArrayBuffer[] = []
    const all = Promise.withResolvers<void>()
    const table = new TableWriter({
      exchange: (buffer) => {
        given.push(buffer)
        return all.promise
      },
    })
    const first = new TableImage(table.buffer)
    put(table, 'a', '1')
    await table.commit()
    put(table, 'a', '2')
    put(table, 'b', ballast)
    const committed = table.commit()
    put(table, 'a', '3')
    await expect.poll(() => given.length).toBe(1)
    const second = new TableImage(given[0] ?? new SharedArrayBuffer())
    expect(table.buffer).toBe(second.buffer)
    expect([valuesIn(first), valuesIn(second)]).toEqual([['1'], ['1']])
    all.resolve()
    await committed
    expect([valuesIn(first), valuesIn(second)]).toEqual([['1'], ['2', ballast]])
    await table.commit()
    expect(valuesIn(second)).toEqual(['3', ballast])
    expect(given).toHaveLength(1)
  })

  test('a table that outgrows its buffer during an exchange is exchanged once more before anything is seen', async () => {
    const given: TableImage[] = []
    const table = new TableWriter({
      exchange: async (buffer) => {
        given.push(new TableImage(buffer))
        if (given.length === 1) {
          put(table, 'b', ballast.repeat(3))
          void table.commit()
        }
        expect(given.map((image) => viewOf(image, image.head).generation)).toEqual(given.map(() => 0))
      },
    })
    put(table, 'a', ballast)
    await table.commit()
    expect(given).toHaveLength(2)
    const last = given.at(-1)
    expect(last && [...contentOf(viewOf(last, last.head)).keys()].sort()).toEqual(['a', 'b'])
  })

  test.each([
    { how: 'rejects', fails: () => Promise.reject(new Error('a worker is gone')) },
    {
      how: 'throws',
      fails: (): Promise<void> => {
        throw new Error('a worker is gone')
      },
    },
  ])('one that $how is tried again at the next commit', async ({ fails }) => {
    let tries = 0
    const table = new TableWriter({ exchange: () => (++tries === 1 ? fails() : Promise.resolve()) })
    put(table, 'a', ballast)
    await expect(table.commit()).rejects.toThrow('a worker is gone')
    expect(table.image.head).toBe(0)
    await table.commit()
    expect(tries).toBe(2)
    expect([...contentOf(viewOf(table.image, table.image.head)).keys()]).toEqual(['a'])
  })
})

describe('keys', () => {
  test('the hash is HalfSipHash-1-3 as published', () => {
    const octets = Uint8Array.from({ length: 64 }, (_, i) => i)
    const want = [0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6]
    expect(want.map((_, length) => hashKey(octets, 0, length, 0x03020100, 0x07060504) >>> 0)).toEqual(want)
  })

  test('case does not count, the seed does', () => {
    const [small, large] = [Buffer.from('\x05front\x03web\x00'), Buffer.from('\x05FRont\x03WEB\x00')]
    expect(hashKey(large, 0, large.length, 1, 2)).toBe(hashKey(small, 0, small.length, 1, 2))
    const places = new Set(Array.from({ length: 64 }, (_, seed) => hashKey(small, 0, small.length, seed, 2)))
    expect(places.size).toBe(64)
  })

  test('names made to collide under one seed do not collide under another', () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => valueKey(`name-${i}`))
    const colliding = keys.filter((key) => placeOf(key, 1) === 77)
    expect(colliding.length).toBeGreaterThan(100)
    expect(new Set(colliding.map((key) => placeOf(key, 2))).size).toBeGreaterThan(colliding.length / 2)
  })

  test('a key of capitals, of nothing or too long is a sentence', () => {
    for (const key of ['', 'Pod', 'x'.repeat(255), 'ü']) expect(() => valueKey(key)).toThrow(`Cannot keep "${key}"`)
  })
})

test('a commit takes three words', () => {
  const table = new TableWriter({})
  const before = table.image.head
  void table.commit()
  const first = table.image.head
  void table.commit()
  expect([before, table.image.head - first]).toEqual([0, commitWords])
})
