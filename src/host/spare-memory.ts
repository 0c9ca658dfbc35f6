import { getHeapStatistics } from 'node:v8'

/** More than this share of what was needed when it was last looked at is worth a collection, which costs some 0.2 s for 100 MiB. */
const growth = 1.25
const minBytes = 8 * 1024 * 1024

/** The heap as V8 has it; a test has its own. */
export interface Heap {
  /** Of all that it has from the system for objects. */
  readonly bytes: number
  /** Collects all garbage and gives its memory back to the system. */
  giveBack(): void
}

/**
 * Memory that a large piece of work, such as the first sync, has left behind. V8 keeps it as if the next piece were about to
 * come, for as long as the process does anything at all.
 */
export class SpareMemory {
  readonly #heap: Heap | undefined
  /** What was needed when there was none to spare; 0 at first. */
  #needed = 0

  /** @param heap Absent where node runs without `--expose-gc`: nothing is given back then. */
  constructor(heap: Heap | undefined) {
    this.#heap = heap
  }

  /** To be called when large work may have ended. */
  giveBack(): void {
    if (this.#heap === undefined || this.#heap.bytes < this.#needed * growth + minBytes) return
    this.#heap.giveBack()
    this.#needed = this.#heap.bytes
  }
}

/** That of this thread; undefined where node runs without `--expose-gc`. */
export function ownHeap(): Heap | undefined {
  const { gc } = globalThis
  return (
    gc && {
      get bytes() {
        return getHeapStatistics().total_heap_size
      },
      giveBack: () => gc({ type: 'major', flavor: 'last-resort' }),
    }
  )
}
