import { parentName } from './name.ts'
import { setUint16 } from './octets.ts'

/** What a pointer can reach (RFC 1035 section 4.1.4: 14 bits). */
const pointerReach = 0x4000

/**
 * Writes the names of one message. What was written before is pointed to, but only in the same spelling, so that each
 * name keeps its case.
 */
export class NameWriter {
  readonly #bytes: Uint8Array
  readonly #offsets = new Map<string, number>()

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Writes a name in our spelling (name.ts) and returns the offset behind it; throws a RangeError when it is none. */
  write(name: string, start: number): number {
    let at = start
    for (let rest = name; rest !== '.'; rest = parentName(rest)) {
      const known = this.#offsets.get(rest)
      if (known !== undefined) {
        setUint16(this.#bytes, at, 0xc000 | known)
        return at + 2
      }
      if (at < pointerReach) this.#offsets.set(rest, at)
      at = writeLabel(rest, this.#bytes, at)
      if (at === 0 || at - start > 254) throw new RangeError(`Cannot write the name "${name}": it is not a DNS name`)
    }
    this.#bytes[at] = 0
    return at + 1
  }
}

/** Writes the first label of a name and returns the offset behind it; 0 when it is none. */
function writeLabel(name: string, bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (let i = 0; name.charCodeAt(i) !== 46;) {
    const escaped = name.charCodeAt(i) === 92
    const octet = escaped ? Number(name.slice(i + 1, i + 4)) : name.charCodeAt(i)
    // Behind the end of a name without final dot the octet is NaN.
    if (!(octet < (escaped ? 256 : 127)) || at - start > 63) return 0
    bytes[at++] = octet
    i += escaped ? 4 : 1
  }
  bytes[start] = at - start - 1
  return at - start > 1 ? at : 0
}
