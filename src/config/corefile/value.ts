import { parseDuration } from '../duration.ts'
import { parseAddress, type Address } from '../../net/address.ts'
import { parseCidr, type Cidr } from '../../net/cidr.ts'

/** How a word is read, and what a message says when it cannot be. */
export interface Value<T> {
  readonly expected: string
  readonly parse: (text: string) => T | undefined
}

export function integer(min: number, max: number, unit = ''): Value<number> {
  return {
    expected: `a number${unit} from ${min} to ${max}`,
    parse(text) {
      const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

/** Seconds without a unit, as a TTL is written. */
export function seconds(min: number, max = 2 ** 31 - 1): Value<number> {
  return integer(min, max, ' of seconds')
}

/** Milliseconds. */
export function duration(min = 0, max = Infinity): Value<number> {
  const bounds = [
    ...(min > 0 ? [`at least ${min / 1000}s`] : []),
    ...(max < Infinity ? [`at most ${max / 1000}s`] : []),
  ]
  return {
    expected: ['a duration such as 30s or 1h30m', ...bounds].join(', '),
    parse(text) {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= min && ms <= max ? ms : undefined
    },
  }
}

export function oneOf<T extends string>(...words: readonly T[]): Value<T> {
  return {
    expected: words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`,
    parse: (text) => words.find((candidate) => candidate === text),
  }
}

export const address: Value<Address> = { expected: 'an IP address', parse: parseAddress }

export const cidr: Value<Cidr> = { expected: 'a network such as 10.0.0.0/8', parse: parseCidr }

/** The path of a file, which is not looked at. */
export const path: Value<string> = { expected: 'the path of a file', parse: (text) => text || undefined }

/** Any word but an empty one. */
export function word(expected: string): Value<string> {
  return { expected, parse: (text) => text || undefined }
}
