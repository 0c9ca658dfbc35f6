/** Numbers below `limit` from a seed, the same each run (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** A message that is random, or a good one with a few octets changed, repeated, cut or added. */
export function randomMessage(random: (limit: number) => number, good: readonly Uint8Array[]): Uint8Array {
  if (random(8) === 0) return Uint8Array.from({ length: random(600) }, () => random(256))
  const message = [...(good[random(good.length)] ?? [])]
  for (let edits = random(4); edits >= 0; edits--) {
    const at = random(message.length + 1)
    switch (random(6)) {
      case 0:
        message.length = at
        break
      case 1:
        message.splice(at, 0, ...message.slice(at, at + random(80)))
        break
      case 2:
        message.splice(at, random(4), 0xc0, random(64))
        break
      case 3:
        message.push(...Array.from({ length: random(40) }, () => random(256)))
        break
      default:
        message[at] = random(256)
    }
  }
  return Uint8Array.from(message)
}

/** One of the good messages with a few octets changed, some made pointers or counts, or its end cut off. */
export function damage(random: (limit: number) => number, good: readonly Uint8Array[]): Uint8Array {
  const message = Uint8Array.from(good[random(good.length)] ?? [])
  for (let edits = random(4); edits >= 0; edits--) {
    const at = random(message.length)
    switch (random(6)) {
      case 0:
        message.set([0xc0 | random(2), random(256)].slice(0, message.length - at), at)
        break
      case 1:
        message[5 + 2 * random(4)] = random(20)
        break
      case 2:
        message.copyWithin(at, random(message.length))
        break
      case 3:
        message[at] = random(64)
        break
      default:
        message[at] = random(256)
    }
  }
  return random(8) === 0 ? message.subarray(0, random(message.length + 1)) : message
}
