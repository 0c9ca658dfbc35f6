/** Nanoseconds of each unit; both characters that look like the Greek mu are read. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const unit = '(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)'
const number = String.raw`(?:\d+(?:\.\d*)?|\.\d+)`
const whole = new RegExp(`^[+-]?(?:${number}${unit})+$`)
const part = new RegExp(`(${number})(${unit})`, 'g')

/** No duration is more: 64 bits of nanoseconds, 292 years. */
const maxNanoseconds = 2n ** 63n - 1n

/** Nobody writes so many digits; BigInt would read any number of them. */
const maxLength = 200

/**
 * Milliseconds, with a fraction where there is one; undefined when the text is no duration as Go writes them: `1h0m0s`,
 * `1.5h`, `250ms`, `-2s`, `0`. Source: Go's time.ParseDuration.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0
  if (text.length > maxLength || !whole.test(text)) return undefined
  let nanoseconds = 0n
  for (const [, amount = '', name = ''] of text.matchAll(part)) nanoseconds += scaled(amount, units[name] ?? 0n)
  if (nanoseconds > maxNanoseconds) return undefined
  return Number(text.startsWith('-') ? -nanoseconds : nanoseconds) / 1e6
}

/** A duration as Go writes it, of whole milliseconds: `30s`, `1m0s`, `1h0m1.5s`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  if (milliseconds < 1000) return `${milliseconds}ms`
  const hours = Math.floor(milliseconds / 3_600_000)
  const minutes = Math.floor(milliseconds / 60_000) % 60
  const seconds = `${(milliseconds % 60_000) / 1000}s`
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds
}

/** What is less than a nanosecond is cut off. */
function scaled(amount: string, by: bigint): bigint {
  const [digits = '', fraction = ''] = amount.split('.')
  return (BigInt(digits + fraction) * by) / 10n ** BigInt(fraction.length)
}
