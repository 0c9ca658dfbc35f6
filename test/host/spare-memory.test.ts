import { expect, test } from 'vitest'
import { runCommand } from '../../src/host/command.ts'
import { SpareMemory, type Heap } from '../../src/host/spare-memory.ts'

const mebibyte = 1024 * 1024

class FakeHeap implements Heap {
  bytes = 0
  collections = 0
  readonly #needed: number

  constructor(needed: number) {
    this.#needed = needed
  }

  giveBack(): void {
    this.collections++
    this.bytes = this.#needed
  }
}

test('memory is given back after a large start, and then when a quarter and 8 MiB have gathered', () => {
  const heap = new FakeHeap(100 * mebibyte)
  const spare = new SpareMemory(heap)
  const collectionsAt = (mebibytes: number) => {
    heap.bytes = mebibytes * mebibyte
    spare.giveBack()
    return heap.collections
  }
  expect([7, 250, 120, 132, 134, 130].map(collectionsAt)).toEqual([0, 1, 1, 1, 2, 2])
})

test('node gives it back where it is told to, and else does without', async () => {
  const program = `
    const { SpareMemory, ownHeap } = await import('./src/host/spare-memory.ts')
    let held = Array.from({ length: 1e6 }, (_, i) => ({ i }))
    const most = process.memoryUsage().heapTotal
    held = undefined
    new SpareMemory(ownHeap()).giveBack()
    console.log(process.memoryUsage().heapTotal < most / 2)`
  const run = (...flags: string[]) => runCommand(process.execPath, [...flags, '--input-type=module', '-e', program])
  expect(await run('--expose-gc')).toBe('true\n')
  expect(await run()).toBe('false\n')
})
