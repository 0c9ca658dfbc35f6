const firstMilliseconds = 500
const longestMilliseconds = 30_000

/**
 * How long to wait after so many failures in a row: half a second, doubled each time up to 30 s, and of that a random
 * half to the whole, so that nodes that lost a server together do not return together. `random` is from 0 to below 1.
 */
export function backoffMilliseconds(failures: number, random: number): number {
  const whole = Math.min(longestMilliseconds, firstMilliseconds * 2 ** Math.min(failures - 1, 10))
  return Math.round((whole * (1 + random)) / 2)
}
