/** A line to compare: two lines are equal when their keys are, however they are written. */
export interface Line {
  readonly key: string
  readonly text: string
}

export interface Edit {
  readonly sign: '-' | '+' | ' '
  readonly text: string
}

/**
 * The shortest list of edits from `old` to `now`, unchanged lines included in the words of `now`. E. Myers, "An O(ND)
 * difference algorithm and its variations", 1986.
 */
export function diffLines(old: readonly Line[], now: readonly Line[]): readonly Edit[] {
  let start = 0
  while (start < old.length && start < now.length && old[start]?.key === now[start]?.key) start++
  let end = 0
  const most = Math.min(old.length, now.length) - start
  while (end < most && old[old.length - 1 - end]?.key === now[now.length - 1 - end]?.key) end++
  return [
    ...now.slice(0, start).map(keep),
    ...diffMiddle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...now.slice(now.length - end).map(keep),
  ]
}

function diffMiddle(old: readonly Line[], now: readonly Line[]): readonly Edit[] {
  if (old.length === 0 || now.length === 0) return [...old.map(remove), ...now.map(add)]
  // Beyond this many differing lines the trace would not fit in memory, and nobody reads line by line.
  const limit = 2000
  const trace = shortestPath(old, now, limit)
  return trace === undefined ? [...old.map(remove), ...now.map(add)] : backtrack(old, now, trace)
}

/** For each number of edits, the furthest point of `old` reached on every diagonal. */
function shortestPath(old: readonly Line[], now: readonly Line[], limit: number): readonly Int32Array[] | undefined {
  const trace: Int32Array[] = []
  const max = Math.min(old.length + now.length, limit)
  const furthest = new Int32Array(2 * max + 3)
  const at = (diagonal: number) => furthest[diagonal + max + 1] ?? 0
  for (let edits = 0; edits <= max; edits++) {
    trace.push(furthest.slice(max + 1 - edits - 1, max + 1 + edits + 2))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1))
      let x = down ? at(diagonal + 1) : at(diagonal - 1) + 1
      while (x < old.length && x - diagonal < now.length && old[x]?.key === now[x - diagonal]?.key) x++
      furthest[diagonal + max + 1] = x
      if (x >= old.length && x - diagonal >= now.length) return trace
    }
  }
  return undefined
}

function backtrack(old: readonly Line[], now: readonly Line[], trace: readonly Int32Array[]): readonly Edit[] {
  const edits: Edit[] = []
  let x = old.length
  let y = now.length
  for (let step = trace.length - 1; step >= 0; step--) {
    // Each slice of the trace holds the diagonals -step-1 to step+1.
    const at = (diagonal: number) => trace[step]?.[diagonal + step + 1] ?? 0
    const diagonal = x - y
    const down = diagonal === -step || (diagonal !== step && at(diagonal - 1) < at(diagonal + 1))
    const previous = down ? diagonal + 1 : diagonal - 1
    const fromX = step === 0 ? 0 : at(previous)
    const fromY = step === 0 ? 0 : fromX - previous
    while (x > fromX && y > fromY) {
      const line = now[--y]
      x--
      if (line !== undefined) edits.push(keep(line))
    }
    if (step === 0) break
    const line = down ? now[--y] : old[--x]
    if (line !== undefined) edits.push(down ? add(line) : remove(line))
  }
  return edits.reverse()
}

function keep({ text }: Line): Edit {
  return { sign: ' ', text }
}

function add({ text }: Line): Edit {
  return { sign: '+', text }
}

function remove({ text }: Line): Edit {
  return { sign: '-', text }
}
