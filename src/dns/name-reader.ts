import { octetSpellings } from './name.ts'
import { uint16At } from './octets.ts'
import { headerLength } from './query.ts'

/** RFC 1035 section 2.3.4. */
const maxName = 255

/** A name has at most 127 labels, so a longer chain of pointers stands for nothing. */
const maxHops = 127

/** One name with all pointers followed. Nothing else runs while it is in use. */
const octets = new Uint8Array(maxName)

/**
 * Reads the names of one message and follows their compression pointers (RFC 1035 section 4.1.4), each backwards only.
 * All that names expand to is bounded by the length of the message: 64 KiB of pointers to one long name would else become
 * megabytes (CVE-2026-82399). Names that begin at one place are one string.
 */
export class NameReader {
  readonly #message: Uint8Array
  readonly #texts = new Map<number, string>()
  /** Octets and characters that names may still expand to. */
  #budget: number
  /** The offset behind the name that was read last. */
  end = 0
  /** Why the last name could not be read. */
  fault = ''

  constructor(message: Uint8Array) {
    this.#message = message
    // Real messages stay far below: their answers share an owner, and few targets are long.
    this.#budget = 4096 + 16 * message.length
  }

  /** The name at `start` as text; undefined when it is none. */
  text(start: number): string | undefined {
    const from = this.#firstLabel(start)
    const known = from === start ? undefined : this.#texts.get(from)
    if (known !== undefined) {
      this.end = start + 2
      return known
    }
    const length = this.#gather(start)
    if (length === 0) return undefined
    const text = nameText(length)
    if (!this.#spend(text.length)) return undefined
    this.#texts.set(from, text)
    return text
  }

  /** Copies the name at `start`, written out, to `at` in `into`, and returns the offset behind the copy: `at` if it is none. */
  copy(start: number, into: Uint8Array, at: number): number {
    const length = this.#gather(start)
    if (length === 0 || !this.#spend(length)) return at
    into.set(octets.subarray(0, length), at)
    return at + length
  }

  /** Where a name's labels begin: behind the pointer, if it is nothing else. */
  #firstLabel(start: number): number {
    const pointer = uint16At(this.#message, start)
    const target = pointer & 0x3fff
    return pointer >= 0xc000 && target < start ? target : start
  }

  /** Writes the name out into `octets` and returns its length; 0 when it is none. */
  #gather(start: number): number {
    let length = 0
    let end = 0
    let from = start
    let hops = 0
    for (let at = start; ;) {
      const octet = this.#message[at] ?? 0
      if (octet >= 0xc0) {
        end ||= at + 2
        at = uint16At(this.#message, at) & 0x3fff
        // Each leads further back, so they come to an end, but not soon.
        if (at >= from || at < headerLength) return this.#fail(start, 'has a pointer that does not lead back')
        if (++hops > maxHops) return this.#fail(start, 'is a chain of pointers')
        from = at
        continue
      }
      const next = at + 1 + octet
      const fault = labelFault(octet, length + 1 + octet, next > this.#message.length)
      if (fault !== undefined) return this.#fail(start, fault)
      while (at < next) octets[length++] = this.#message[at++] ?? 0
      if (octet > 0) continue
      this.end = end || at
      return length
    }
  }

  #spend(amount: number): boolean {
    this.#budget -= amount
    if (this.#budget < 0) this.fault = 'the names expand to more than 16 times the message'
    return this.#budget >= 0
  }

  #fail(start: number, what: string): 0 {
    this.fault = `the name at octet ${start} ${what}`
    return 0
  }
}

function labelFault(label: number, length: number, cut: boolean): string | undefined {
  if (label > 63) return 'has a label of an unknown kind'
  if (length > maxName) return 'is longer than 255 octets'
  return cut ? 'is cut' : undefined
}

/** Each octet may become four characters. */
const characters = new Uint8Array(maxName * 4)
const views: Uint8Array[] = []
const ascii = new TextDecoder()

/** The text of the name in `octets`, made in one piece: adding character by character leaves hundreds of pieces behind. */
function nameText(length: number): string {
  if (length === 1) return '.'
  let n = 0
  for (let at = 0; at < length - 1;) {
    for (const end = at + 1 + (octets[at++] ?? 0); at < end; at++) n = spell(octets[at] ?? 0, n)
    characters[n++] = 46
  }
  return ascii.decode((views[n] ??= characters.subarray(0, n)))
}

function spell(octet: number, at: number): number {
  const spelling = octetSpellings[octet] ?? ''
  for (let i = 0; i < spelling.length; i++) characters[at + i] = spelling.charCodeAt(i)
  return at + spelling.length
}
