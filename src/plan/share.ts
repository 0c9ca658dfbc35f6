/** An exact share of all connections, in lowest terms: `{ over: 1n, under: 3n }` is a third. */
export interface Share {
  readonly over: bigint
  readonly under: bigint
}

export const whole: Share = { over: 1n, under: 1n }

/** `over` of `under` equal parts of a share. */
export function partOf(share: Share, over: bigint, under: bigint): Share {
  const [numerator, denominator] = [share.over * over, share.under * under]
  const divisor = greatestCommonDivisor(numerator, denominator)
  return { over: numerator / divisor, under: denominator / divisor }
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}
