import { commitWords, writeCommit, type TableView } from './commit.ts'
import { entryFlags, entrySize, referencesAt, sameContent, wordsOfEntry, writeEntry, type EntryPart } from './entry.ts'
import type { HashSeed } from './key-hash.ts'
import { copyTable, emptyTable, type WrittenTable } from './table-copy.ts'
import type { TableImage } from './table-image.ts'

export interface TableOptions {
  /** Random, when others choose the names. Absent: the same for all, as good for the files of one run. */
  readonly seed?: HashSeed
  /** The most that one buffer may take; while readers are given a new one there are two. Absent: 1 GiB. */
  readonly maxBytes?: number
  /**
   * Called with the buffer that readers are to read from now on; resolves when every reader does. Until then no change is
   * seen by any of them. Absent: nobody but the writer reads.
   */
  readonly exchange?: (buffer: SharedArrayBuffer) => Promise<void>
}

const defaultMaxBytes = 2 ** 30
/** Old versions are cleared away when they take more than half of the table, and more than this, in words. */
const maxDead = 256 * 1024

/**
 * The one writer of a table. Its own view holds every change at once; readers see changes at the next commit, all
 * together. A change that does not fit goes, with the rest of the table, into a larger buffer.
 */
export class TableWriter implements TableView {
  readonly generation = 0x7fffffff
  serial = 0
  synced = false
  /** How many changes there were, ever; a put of what is there already is none. */
  changes = 0
  readonly #options: TableOptions
  #table: WrittenTable
  /** What every reader has. */
  #held: TableImage
  /** What every reader has been given. */
  #given: TableImage
  #exchanging: Promise<void> | undefined
  #undo: { readonly table: WrittenTable; readonly words: [place: number, value: number][] } | undefined

  constructor(options: TableOptions) {
    this.#options = options
    this.#table = emptyTable(options.seed ?? [0, 0])
    this.#held = this.#table.image
    this.#given = this.#table.image
  }

  get image(): TableImage {
    return this.#table.image
  }

  /** What a new reader starts with. One that starts during an exchange has to be part of it. */
  get buffer(): SharedArrayBuffer {
    return this.#given.buffer
  }

  /** Exchanges all that a key holds, if that is a change. Throws a RangeError when there is no room. */
  put(key: Uint8Array, parts: readonly EntryPart[], flags: number): void {
    this.#makeRoom(wordsOfEntry(key, parts))
    const table = this.#table
    const { image, end } = table
    const hash = image.hash(key, 0, key.length)
    const slot = image.slotOf(key, 0, key.length, hash)
    const older = slot < 0 ? 0 : image.newest(slot)
    const next = writeEntry(image, end, { older, generation: table.generation, flags, key, parts })
    if (older !== 0 && sameContent(image, older, end)) return
    if (older !== 0) image.words[referencesAt(end)] = image.words[referencesAt(older)] ?? 0
    this.changes++
    table.end = next
    table.dead += older === 0 ? 0 : entrySize(image.words, older)
    this.#remember(Math.abs(slot), older)
    if (slot > 0) image.updateSlot(slot, end)
    else image.fillSlot(-slot, hash, end)
    if (slot < 0) table.keys++
  }

  remove(key: Uint8Array): void {
    if (this.#find(key) !== 0) this.put(key, [], entryFlags.dead)
  }

  /** Counts one more reason why a key is there; returns how many there are, 0 when the key is not. */
  refer(key: Uint8Array): number {
    const entry = this.#find(key)
    return entry === 0 ? 0 : this.#count(entry, 1)
  }

  /** Takes back one `refer` of the key, which goes with the last; returns how many are left. */
  release(key: Uint8Array): number {
    const entry = this.#find(key)
    if (entry === 0) return 0
    const left = this.#count(entry, -1)
    if (left === 0) this.remove(key)
    return left
  }

  /** Makes all changes that `change` makes, or, when it throws, none. */
  atomically(change: () => void): void {
    const table = this.#table
    const { keys } = table
    const words: [number, number][] = []
    this.#undo = { table, words }
    try {
      change()
    } catch (error) {
      // The entries stay: a reader may be looking at one, if only to see that it is too new.
      for (const [place, value] of words.toReversed()) Atomics.store(table.image.words, place, value)
      table.keys = keys
      this.#table = table
      throw error
    } finally {
      this.#undo = undefined
    }
  }

  /**
   * Lets every reader see all changes up to now, with `serial` and `synced`: at once, unless readers must be given another
   * buffer before. Then it resolves when they see them. Rejects as `exchange` does; the next commit tries that again.
   */
  commit(): Promise<void> {
    const { image, clearable, end } = this.#table
    if (clearable > maxDead && 2 * clearable > end - image.start) this.#renew(0)
    this.#makeRoom(commitWords)
    const table = this.#table
    const { serial, synced } = this
    writeCommit(table.image.words, table.end, { generation: table.generation, serial, synced })
    table.commit = table.end
    table.end += commitWords
    table.generation++
    table.clearable = table.dead
    if (this.#options.exchange === undefined) this.#held = table.image
    if (this.#held === table.image) {
      this.#given = table.image
      table.image.head = table.commit
      return Promise.resolve()
    }
    this.#exchanging ??= this.#exchange()
    return this.#exchanging
  }

  /** A table that outgrows its buffer while readers are being given it is given again, before anything new is seen. */
  async #exchange(): Promise<void> {
    try {
      while (this.#held !== this.#table.image) {
        const { image } = this.#table
        this.#given = image
        await Promise.resolve(image.buffer).then(this.#options.exchange)
        this.#held = image
      }
      this.#table.image.head = this.#table.commit
    } finally {
      this.#exchanging = undefined
    }
  }

  #find(key: Uint8Array): number {
    return this.image.find(key, 0, key.length, this.generation)
  }

  #count(entry: number, change: number): number {
    const { words } = this.image
    const place = referencesAt(entry)
    const before = words[place] ?? 0
    this.#remember(place, before)
    words[place] = before + change
    return before + change
  }

  /** What is changed in place is undone in place; a new buffer is just forgotten. */
  #remember(place: number, value: number): void {
    if (this.#undo?.table === this.#table) this.#undo.words.push([place, value])
  }

  #makeRoom(words: number): void {
    const { image, end, keys } = this.#table
    if (end + words > image.words.length || 3 * (keys + 1) > 2 * image.slots) this.#renew(words)
  }

  #renew(words: number): void {
    this.#table = copyTable(this.#table, words, this.#options.maxBytes ?? defaultMaxBytes)
  }
}
