/**
 * The `--probability` of the first of `remaining` rules, so that each of them gets an equal share: 1/remaining with ten
 * decimals as Go prints `%0.10f`, e.g. 3 gives `0.3333333333`.
 */
export function probability(remaining: number): string {
  // Go rounds the tie of 1/2048 to even, toFixed rounds it up; every other value to 200,000 agrees.
  return remaining === 2048 ? '0.0004882812' : (1 / remaining).toFixed(10)
}
