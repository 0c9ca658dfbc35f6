/** A line that came again. */
export interface RepeatedLine {
  readonly level: number
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
  /** How often since it was last written; absent from what is written first. */
  readonly times: number
}

/** So many lines are known apart; the oldest of more is forgotten, and written again when it comes again. */
const maxLines = 500

/** Knows lines of a log that come again: the same sentence about the same things, whatever its numbers. */
export class LogRepeats {
  readonly #lines = new Map<string, RepeatedLine>()

  /** Whether this line is new since the last `take` that did not have it; else it is counted. */
  isFirst(level: number, args: readonly unknown[]): boolean {
    const { fields, message } = partsOf(args)
    const key = JSON.stringify([
      level,
      message,
      ...Object.entries(fields).filter(([, value]) => typeof value !== 'number'),
    ])
    const known = this.#lines.get(key)
    this.#lines.delete(key)
    this.#lines.set(key, { level, fields, message, times: known === undefined ? 0 : known.times + 1 })
    const [oldest] = this.#lines.keys()
    if (this.#lines.size > maxLines && oldest !== undefined) this.#lines.delete(oldest)
    return known === undefined
  }

  /** What came again since the last call. What did not is forgotten, so that it is news the next time. */
  take(): readonly RepeatedLine[] {
    const again = [...this.#lines].filter(([, { times }]) => times > 0)
    this.#lines.clear()
    for (const [key, line] of again) this.#lines.set(key, { ...line, times: 0 })
    return again.map(([, line]) => line)
  }
}

function partsOf([first, second]: readonly unknown[]): Pick<RepeatedLine, 'fields' | 'message'> {
  if (typeof first === 'string') return { fields: {}, message: first }
  const fields = typeof first === 'object' && first !== null ? { ...first } : {}
  return { fields, message: typeof second === 'string' ? second : '' }
}
