import { commitWords, viewOf, writeCommit } from './commit.ts'
import { entryFlags, entrySize, generationOf, hasFlag, olderVersion, setGeneration, setOlderVersion } from './entry.ts'
import { TableImage } from './table-image.ts'

/** A table as its writer knows it. */
export interface WrittenTable {
  readonly image: TableImage
  /** Where the next entry goes. */
  end: number
  /** Slots that are taken. */
  keys: number
  /** Words that versions take which are not the newest of their key. */
  dead: number
  /** How many of them were so at the last commit: no new reader asks for those. */
  clearable: number
  /** Of the entries that are written now. */
  generation: number
  /** The newest commit, whether readers go by it already or not; 0 without one. */
  commit: number
}

const minSlots = 1024
const minWords = 16 * 1024

export function emptyTable(seed: readonly [number, number]): WrittenTable {
  return written(TableImage.create(minSlots, minWords, seed))
}

/**
 * The same table in a new buffer, without what nobody can read any more, with room for `words` and twice all that besides;
 * the kernel gives memory only to what is written. Readers that are given it see what they saw. Throws a RangeError when
 * it would take more than `maxBytes`.
 */
export function copyTable(old: WrittenTable, words: number, maxBytes: number): WrittenTable {
  const { image } = old
  const seen = viewOf(image, image.head)
  const kept = measure(image, seen.generation)
  const needed = kept.words + 2 * commitWords + words
  const table = written(create(image.seed, kept.keys + 1, needed, maxBytes))
  copyCommits(old, table, seen.generation)
  for (const slot of image.usedSlots()) copySlot(image, slot, seen.generation, table)
  table.generation = old.generation - seen.generation
  return table
}

function written(image: TableImage): WrittenTable {
  return { image, end: image.start, keys: 0, dead: 0, clearable: 0, generation: 1, commit: 0 }
}

function create(seed: readonly [number, number], keys: number, needed: number, maxBytes: number): TableImage {
  const slots = Math.max(minSlots, 2 ** Math.ceil(Math.log2(3 * keys)))
  const most = Math.floor(maxBytes / 4) - TableImage.wordsWithout(slots)
  if (needed > most) {
    const bytes = 4 * (needed + TableImage.wordsWithout(slots))
    throw new RangeError(`the DNS table would take ${bytes} bytes, expected at most ${maxBytes}`)
  }
  return TableImage.create(slots, Math.min(most, Math.max(minWords, 3 * needed)), seed)
}

function measure(image: TableImage, seen: number): { readonly keys: number; readonly words: number } {
  let [keys, words] = [0, 0]
  for (const slot of image.usedSlots()) {
    const versions = keptVersions(image, slot, seen)
    keys += versions.length > 0 ? 1 : 0
    for (const entry of versions) words += entrySize(image.words, entry)
  }
  return { keys, words }
}

/** The versions of a slot that a reader may still ask for, the newest first: those not seen yet, and the one that is seen. */
function keptVersions({ words }: TableImage, slot: number, seen: number): readonly number[] {
  const kept: number[] = []
  let above = Number.POSITIVE_INFINITY
  for (let entry = words[slot] ?? 0; entry !== 0 && above > seen; entry = olderVersion(words, entry)) {
    const generation = generationOf(words, entry)
    // Of several in one generation only the newest is ever read.
    if (generation < above) kept.push(entry)
    above = generation
  }
  const oldest = kept.at(-1)
  // Behind the newer versions, or alone, a key that is gone reads as one that never was.
  return oldest !== undefined && hasFlag(words, oldest, entryFlags.dead) ? kept.slice(0, -1) : kept
}

/** What is seen becomes generation 0 of the copy. */
function copySlot(from: TableImage, slot: number, seen: number, to: WrittenTable): void {
  const { words } = to.image
  let last = 0
  for (const entry of keptVersions(from, slot, seen).toReversed()) {
    const size = entrySize(from.words, entry)
    words.set(from.words.subarray(entry, entry + size), to.end)
    setOlderVersion(words, to.end, last)
    setGeneration(words, to.end, Math.max(0, generationOf(from.words, entry) - seen))
    if (last !== 0) to.dead += entrySize(words, last)
    last = to.end
    to.end += size
  }
  if (last === 0) return
  const hash = from.hashAt(slot)
  to.image.fillSlot(to.image.freeSlot(hash), hash, last)
  to.keys++
}

/** The commit that readers go by, and the newest if they do not go by that yet. */
function copyCommits(old: WrittenTable, table: WrittenTable, seen: number): void {
  for (const commit of new Set([old.image.head, old.commit])) {
    if (commit === 0) continue
    const view = viewOf(old.image, commit)
    writeCommit(table.image.words, table.end, { ...view, generation: view.generation - seen })
    if (commit === old.image.head) table.image.head = table.end
    table.commit = table.end
    table.end += commitWords
  }
}
