/** Code points as ranges, both ends included, sorted and with gaps between them. */
export type CharSet = readonly (readonly [number, number])[]

export const lastCodePoint = 0x10ffff

export const anyCharacter: CharSet = [[0, lastCodePoint]]

/** The characters of any ranges, in whatever order and however they overlap. */
export function charSet(ranges: CharSet): CharSet {
  const merged: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

export function complement(set: CharSet): CharSet {
  const gaps: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1])
    next = to + 1
  }
  if (next <= lastCodePoint) gaps.push([next, lastCodePoint])
  return gaps
}

export function intersects(a: CharSet, b: CharSet): boolean {
  return a.some(([from, to]) => b.some(([start, end]) => from <= end && start <= to))
}

/** With each ASCII letter also the one of the other case: names in the DNS know no other letters. */
export function withBothCases(set: CharSet): CharSet {
  const other = (first: number, last: number, shift: number): CharSet =>
    set
      .map(([from, to]) => [Math.max(from, first) + shift, Math.min(to, last) + shift] as const)
      .filter(([from, to]) => from <= to)
  return charSet([...set, ...other(0x41, 0x5a, 0x20), ...other(0x61, 0x7a, -0x20)])
}
