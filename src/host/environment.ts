import { randomInt } from 'node:crypto'

/** The clock, the timers and the randomness of this machine, for code that is handed them. */
export const systemEnvironment = {
  /** Milliseconds on a clock that never goes back. */
  now: (): number => performance.now(),
  /** A whole number from 0 to `limit` - 1 that nobody can foresee. */
  random: (limit: number): number => randomInt(limit),
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  after: (milliseconds: number, callback: () => void): (() => void) => {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}
