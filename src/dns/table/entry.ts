import { lowerOctet } from './key-hash.ts'

/** The octets of a table, and the same as words of 32 bits; places in it are counted in words. */
export interface TableMemory {
  readonly words: Int32Array
  readonly bytes: Uint8Array
}

/** Records of one type in wire form. */
export interface EntryPart {
  readonly type: number
  /** How many records. */
  readonly count: number
  readonly wire: Uint8Array
}

/** One version of one key. */
export interface Entry {
  /** The version before; 0 without one. */
  readonly older: number
  /** The first generation that it is seen in. */
  readonly generation: number
  readonly flags: number
  readonly key: Uint8Array
  readonly parts: readonly EntryPart[]
}

export const entryFlags = {
  /** The key is gone. */
  dead: 0x100,
  /** Nothing is answered at the name but what the entry holds and where its alias leads. */
  whole: 0x200,
  /** No name below it exists but those that have an entry. */
  closed: 0x400,
} as const

/** Fields of an entry; the octets of the key follow, then the parts, each padded to whole words. */
const [older, generation, references, shape, size, keyAt] = [0, 1, 2, 3, 4, 5] as const
/** Fields of a part; its octets follow. */
const [partType, partCount, partOctets, partAt] = [0, 1, 2, 3] as const

/** Writes an entry that nobody refers to; returns the place behind it. Letters of its key become small. */
export function writeEntry({ words, bytes }: TableMemory, at: number, entry: Entry): number {
  const { key, parts } = entry
  words[at + older] = entry.older
  words[at + generation] = entry.generation
  words[at + references] = 0
  words[at + shape] = entry.flags | key.length
  let part = at + keyAt + wordsFor(key.length)
  // The octets that fill the last word up are compared as well.
  words[part - 1] = 0
  for (let i = 0, to = 4 * (at + keyAt); i < key.length; i++, to++) bytes[to] = lowerOctet(key[i] ?? 0)
  for (const { type, count, wire } of parts) {
    const end = part + partAt + wordsFor(wire.length)
    words[end - 1] = 0
    words[part + partType] = type
    words[part + partCount] = count
    words[part + partOctets] = wire.length
    bytes.set(wire, 4 * (part + partAt))
    part = end
  }
  words[at + size] = part - at
  return part
}

/** How many words `writeEntry` takes. */
export function wordsOfEntry(key: Uint8Array, parts: readonly EntryPart[]): number {
  return parts.reduce((sum, { wire }) => sum + partAt + wordsFor(wire.length), keyAt + wordsFor(key.length))
}

/** Whether two entries of one key say the same. */
export function sameContent({ words }: TableMemory, entry: number, other: number): boolean {
  if (words[entry + shape] !== words[other + shape] || words[entry + size] !== words[other + size]) return false
  for (let i = entrySize(words, entry) - 1; i >= keyAt; i--) {
    if (words[entry + i] !== words[other + i]) return false
  }
  return true
}

export function hasKey(
  { words, bytes }: TableMemory,
  entry: number,
  key: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (keyLength(words, entry) !== end - start) return false
  const offset = keyStart(entry) - start
  for (let at = start; at < end; at++) {
    if (bytes[offset + at] !== lowerOctet(key[at] ?? 0)) return false
  }
  return true
}

export function olderVersion(words: Int32Array, entry: number): number {
  return words[entry + older] ?? 0
}

export function setOlderVersion(words: Int32Array, entry: number, place: number): void {
  words[entry + older] = place
}

export function generationOf(words: Int32Array, entry: number): number {
  return words[entry + generation] ?? 0
}

export function setGeneration(words: Int32Array, entry: number, number: number): void {
  words[entry + generation] = number
}

/** Where the writer keeps count of why a name exists. Readers do not look there, so it may change. */
export function referencesAt(entry: number): number {
  return entry + references
}

export function hasFlag(words: Int32Array, entry: number, flag: number): boolean {
  return ((words[entry + shape] ?? 0) & flag) !== 0
}

export function entrySize(words: Int32Array, entry: number): number {
  return words[entry + size] ?? 0
}

export function keyLength(words: Int32Array, entry: number): number {
  return (words[entry + shape] ?? 0) & 0xff
}

/** The offset of the key's first octet. */
export function keyStart(entry: number): number {
  return 4 * (entry + keyAt)
}

/** The part of a type; 0 without one. */
export function findPart(words: Int32Array, entry: number, type: number): number {
  const end = entry + entrySize(words, entry)
  for (let part = firstPart(words, entry); part < end; part = nextPart(words, part)) {
    if (typeOfPart(words, part) === type) return part
  }
  return 0
}

/** The places of all parts. */
export function partsOf(words: Int32Array, entry: number): readonly number[] {
  const end = entry + entrySize(words, entry)
  const parts: number[] = []
  for (let part = firstPart(words, entry); part < end; part = nextPart(words, part)) parts.push(part)
  return parts
}

function typeOfPart(words: Int32Array, part: number): number {
  return words[part + partType] ?? 0
}

export function countOfPart(words: Int32Array, part: number): number {
  return words[part + partCount] ?? 0
}

/** In octets. */
export function lengthOfPart(words: Int32Array, part: number): number {
  return words[part + partOctets] ?? 0
}

/** The offset of the part's first octet. */
export function startOfPart(part: number): number {
  return 4 * (part + partAt)
}

function firstPart(words: Int32Array, entry: number): number {
  return entry + keyAt + wordsFor(keyLength(words, entry))
}

function nextPart(words: Int32Array, part: number): number {
  return part + partAt + wordsFor(lengthOfPart(words, part))
}

function wordsFor(octets: number): number {
  return (octets + 3) >> 2
}
