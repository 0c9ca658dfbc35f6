import { entryFlags, generationOf, hasFlag, hasKey, olderVersion, type TableMemory } from './entry.ts'
import { hashKey, type HashSeed } from './key-hash.ts'

/** The fields at the start; the index follows, then what is only ever appended to. */
const [headAt, slotsAt, seedAt, otherSeedAt, indexAt] = [0, 1, 2, 3, 4] as const
/** Words of a slot: the newest entry of its key, and the hash of that key. */
const slotWords = 2

/**
 * The memory of a table, in a buffer that one thread writes and many read: an index of open addressing, then entries and
 * commits in the order they were written.
 *
 * The writer finishes an entry before it stores its place in the index, and all entries of a generation before it stores
 * the commit that makes them seen. Places are stored and loaded atomically, so whoever has one sees all that it leads to.
 */
export class TableImage implements TableMemory {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  readonly bytes: Uint8Array
  /** A power of two, and more than there are keys. */
  readonly slots: number
  readonly seed: HashSeed
  readonly #seed0: number
  readonly #seed1: number

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.words = new Int32Array(buffer)
    this.bytes = new Uint8Array(buffer)
    this.slots = this.words[slotsAt] ?? 0
    this.#seed0 = this.words[seedAt] ?? 0
    this.#seed1 = this.words[otherSeedAt] ?? 0
    this.seed = [this.#seed0, this.#seed1]
  }

  /** An empty table with this many slots, a power of two, and this many words for entries. */
  static create(slots: number, words: number, seed: HashSeed): TableImage {
    const buffer = new SharedArrayBuffer(4 * (TableImage.wordsWithout(slots) + words))
    new Int32Array(buffer).set([slots, ...seed], slotsAt)
    return new TableImage(buffer)
  }

  /** What a table with this many slots takes without entries, in words. */
  static wordsWithout(slots: number): number {
    return indexAt + slotWords * slots
  }

  /** The place of the first entry. */
  get start(): number {
    return TableImage.wordsWithout(this.slots)
  }

  /** The commit that readers go by; 0 before the first. */
  get head(): number {
    return Atomics.load(this.words, headAt)
  }

  set head(commit: number) {
    Atomics.store(this.words, headAt, commit)
  }

  hash(key: Uint8Array, start: number, end: number): number {
    return hashKey(key, start, end, this.#seed0, this.#seed1)
  }

  /** The entry that a key, in any case, has in a generation; 0 without one. */
  find(key: Uint8Array, start: number, end: number, generation: number): number {
    const slot = this.slotOf(key, start, end, this.hash(key, start, end))
    return slot < 0 ? 0 : this.#living(slot, generation)
  }

  /** Every entry of a generation. */
  *entries(generation: number): Generator<number> {
    for (const slot of this.usedSlots()) {
      const entry = this.#living(slot, generation)
      if (entry !== 0) yield entry
    }
  }

  *usedSlots(): Generator<number> {
    for (let slot = indexAt; slot < this.start; slot += slotWords) if (this.newest(slot) !== 0) yield slot
  }

  newest(slot: number): number {
    return Atomics.load(this.words, slot)
  }

  hashAt(slot: number): number {
    return this.words[slot + 1] ?? 0
  }

  /**
   * The slot of a key; when it has none, the negative of the free slot it would get. A reader must not look there: another
   * key may have got it by then.
   */
  slotOf(key: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.slots - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = indexAt + slotWords * place
      const entry = this.newest(slot)
      if (entry === 0) return -slot
      if (this.hashAt(slot) === hash && hasKey(this, entry, key, start, end)) return slot
    }
  }

  /** Puts the first entry of a key into a free slot. */
  fillSlot(slot: number, hash: number, entry: number): void {
    this.words[slot + 1] = hash
    Atomics.store(this.words, slot, entry)
  }

  /** Puts a newer entry of its key into a slot. */
  updateSlot(slot: number, entry: number): void {
    Atomics.store(this.words, slot, entry)
  }

  /** The free slot that a key with this hash, which is not in the index, gets. */
  freeSlot(hash: number): number {
    const mask = this.slots - 1
    let place = hash & mask
    while (this.newest(indexAt + slotWords * place) !== 0) place = (place + 1) & mask
    return indexAt + slotWords * place
  }

  #living(slot: number, generation: number): number {
    let entry = this.newest(slot)
    while (entry !== 0 && generationOf(this.words, entry) > generation) entry = olderVersion(this.words, entry)
    return entry === 0 || hasFlag(this.words, entry, entryFlags.dead) ? 0 : entry
  }
}
