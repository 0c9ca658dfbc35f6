/** Two random 32-bit numbers. Whoever does not know them cannot make up names that all fall into one place of an index. */
export type HashSeed = readonly [number, number]

/**
 * HalfSipHash-1-3 of the octets from `start` to `end` (Aumasson and Bernstein, SipHash, with 32-bit words), A to Z read as
 * a to z: names that differ in case are one key.
 */
export function hashKey(bytes: Uint8Array, start: number, end: number, seed0: number, seed1: number): number {
  let v0 = seed0
  let v1 = seed1
  let v2 = seed0 ^ 0x6c796765
  let v3 = seed1 ^ 0x74656462
  const blocks = (end - start) >> 2
  // One round for each four octets, one for the rest with the length, three to finish.
  for (let round = 0; round < blocks + 4; round++) {
    const at = start + 4 * round
    const block = round < blocks ? lowerWord(bytes, at) : round === blocks ? lastBlock(bytes, at, end, end - start) : 0
    if (round === blocks + 1) v2 ^= 0xff
    v3 ^= block
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= block
  }
  return v1 ^ v3
}

/** An octet with A to Z made a to z; the length of a label, at most 63, stays. */
export function lowerOctet(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet + 32 : octet
}

function lowerWord(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  // All four at once: in `capital`, the top bit of each octet from A to Z is set.
  const low = word & 0x7f7f7f7f
  const capital = (low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~word & 0x80808080
  return word | (capital >>> 2)
}

function lastBlock(bytes: Uint8Array, start: number, end: number, length: number): number {
  let block = length << 24
  for (let at = start; at < end; at++) block |= lowerOctet(bytes[at] ?? 0) << (8 * (at - start))
  return block
}
