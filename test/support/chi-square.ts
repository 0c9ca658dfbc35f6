/**
 * How far counts are from what was expected of them. Shares that are right exceed x with a known probability, which
 * depends on how many counts there are.
 */
export function chiSquare(seen: readonly number[], expected: readonly number[]): number {
  return seen.reduce((sum, count, i) => sum + (count - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 0), 0)
}

/** What right shares exceed once in 10^9 runs, by the number of counts; of a single one there is nothing to tell. */
export const chiSquareBound: readonly number[] = [0, 0, 37.32, 41.45, 44.84]
