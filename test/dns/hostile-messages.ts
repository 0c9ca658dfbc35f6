const opaque = 65280
const plainLetters = [97, 98, 99]
/** Octets that take four characters each as text. */
const odd = [0, 1, 2]

/** Messages of 64 KiB, or that claim to be, made to cost whoever reads them as much as can be (CVE-2026-82399). */
export const hostileMessages: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: 'counts without records', bytes: Uint8Array.of(0, 0, 0x80, 0, ...Array<number>(8).fill(255)) },
  { name: 'the smallest records', bytes: filled([], () => [0, ...head(opaque, 0)]) },
  { name: 'one long owner', bytes: filled(odd, () => [...pointer(12), ...head(1, 4), 1, 2, 3, 4]) },
  {
    name: 'many long owners',
    bytes: filled(plainLetters, (i) => [1, i & 255, ...pointer(16), ...head(1, 4), 1, 2, 3, 4]),
  },
  { name: 'many long, odd owners', bytes: filled(odd, (i) => [1, i & 255, ...pointer(16), ...head(1, 4), 1, 2, 3, 4]) },
  { name: 'a long target each', bytes: filled(plainLetters, () => [0, ...head(2, 2), ...pointer(12)]) },
  {
    name: 'two long targets each',
    bytes: filled(plainLetters, () => [0, ...head(14, 4), ...pointer(12), ...pointer(12)]),
  },
  {
    name: 'long owners and targets',
    bytes: filled(plainLetters, (i) => [1, i & 255, ...pointer(16), ...head(2, 2), ...pointer(12)]),
  },
  { name: 'chains of 126 pointers', bytes: filled([], chain) },
  {
    name: 'one chain of pointers',
    bytes: filled([], (_, at) => [...pointer(at < 40 ? 12 : at - 12), ...head(opaque, 0)]),
  },
]

/** A question with a name of 253 octets made of `label`, and as many records as fit. */
function filled(label: readonly number[], record: (i: number, at: number) => readonly number[]): Uint8Array {
  const name = label.length === 0 ? [] : Array.from({ length: 63 }, () => [label.length, ...label]).flat()
  const octets = [0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 1, 0, 1]
  let count = 0
  for (;;) {
    const next = record(count, octets.length)
    if (octets.length + next.length > 0xffff) break
    octets.push(...next)
    count++
  }
  octets[6] = count >> 8
  octets[7] = count & 255
  return Uint8Array.from(octets)
}

/** First 126 pointers in a row, each to the one before, as data; then owners that point to the last of them. */
function chain(i: number): readonly number[] {
  const first = 12 + 5 + 11
  const links = Array.from({ length: 126 }, (_, link) => pointer(link === 0 ? 12 : first + 2 * (link - 1))).flat()
  return i === 0 ? [0, ...head(opaque, links.length), ...links] : [...pointer(first + 2 * 125), ...head(opaque, 0)]
}

function head(type: number, length: number): readonly number[] {
  return [type >> 8, type & 255, 0, 1, 0, 0, 0, 60, length >> 8, length & 255]
}

function pointer(to: number): readonly number[] {
  return [0xc0 | (to >> 8), to & 255]
}
