/** So many kinds of happenings are remembered; the one that has not happened for longest is forgotten first. */
const remembered = 32

/** However long something goes on, it is told of at least every so many times. */
const longestSilence = 128

/**
 * Counts what happens again and again, and says when to tell of it: the first time, the second, the fourth and so on,
 * doubling up to every 128th.
 */
export class Recurrence {
  readonly #forgetMs: number
  readonly #seen = new Map<string, { readonly times: number; readonly at: number }>()

  /** @param forgetMs What has not happened for so long is new when it happens again. */
  constructor(forgetMs: number) {
    this.#forgetMs = forgetMs
  }

  /** How many times it has happened, this one included, when it is to be told of; undefined when not. */
  count(kind: string, nowMs: number): number | undefined {
    const before = this.#seen.get(kind)
    const times = before === undefined || nowMs - before.at > this.#forgetMs ? 1 : before.times + 1
    this.#seen.delete(kind)
    this.#seen.set(kind, { times, at: nowMs })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest)
    return isTold(times) ? times : undefined
  }
}

function isTold(times: number): boolean {
  return times % longestSilence === 0 || (times & (times - 1)) === 0
}
