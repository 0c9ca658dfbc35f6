import type { Field } from '../model/field.ts'
import { parseDuration } from './duration.ts'
import { readAll } from './field-errors.ts'

/** How values of one type are read, in a file and as the text of a flag. */
export interface Kind<T> {
  /** Undefined for null and for what stands for "not set", such as an empty string. Throws a FieldError. */
  readonly read: (field: Field) => T | undefined
  /** What a file would hold in place of the text of a flag; what it cannot make anything of it returns as it is. */
  readonly fromText: (text: string) => unknown
  /** What the flag says when it stands alone (`--masquerade-all`); absent: it needs a value. */
  readonly alone?: string
}

/** The words that Go takes for each. Source: strconv.ParseBool. */
const booleans = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
])

export const flag: Kind<boolean> = {
  read: (field) => field.flag(),
  fromText: (word) => booleans.get(word) ?? word,
  alone: 'true',
}

export function integer(min: number, max = 2 ** 31 - 1): Kind<number> {
  return {
    read: (field) => field.integer(min, max),
    fromText: (word) => (/^[+-]?\d{1,15}$/.test(word) ? Number(word) : word),
  }
}

/** Any number: for `qps`, where one below 0 means no limit. */
export const number: Kind<number> = {
  read(field) {
    const { value } = field
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isFinite(value)) throw field.error('a number')
    return value
  },
  fromText: (word) => (/^[+-]?\d+(\.\d+)?$/.test(word) ? Number(word) : word),
}

/** A string that is not empty; `pattern` says which are taken. */
export function text(pattern = /^/, expected = 'a string'): Kind<string> {
  return {
    read(field) {
      const value = field.text()
      if (value === undefined || value === '') return undefined
      if (!pattern.test(value)) throw field.error(expected)
      return value
    },
    fromText: (value) => value,
  }
}

export function oneOf<T extends string>(...words: readonly T[]): Kind<T> {
  return { read: (field) => field.oneOf(words), fromText: (value) => value }
}

/** Milliseconds, 0 or more. */
export const duration: Kind<number> = {
  read(field) {
    const value = field.text()
    if (value === undefined) return undefined
    const ms = parseDuration(value)
    if (ms === undefined || ms < 0) throw field.error('a duration of 0 or more, such as 30s or 1h30m')
    return ms
  },
  fromText: (value) => value,
}

/** Milliseconds; 0 is "not set", as kubeadm writes it everywhere. */
export const period: Kind<number> = {
  read: (field) => duration.read(field) || undefined,
  fromText: duration.fromText,
}

/** A list, in a flag joined by commas; undefined when it is empty. */
export function listOf<T>(item: Kind<T>): Kind<readonly T[]> {
  return {
    read(field) {
      const items = readAll(field.items(), (entry) => item.read(entry)).filter((value) => value !== undefined)
      return items.length > 0 ? items : undefined
    },
    fromText: (value) => (value === '' ? [] : value.split(',').map((part) => item.fromText(part.trim()))),
  }
}

/** Names and booleans, in a flag `A=true,B=false`; undefined when there are none. Keys are sorted. */
export const switches: Kind<Readonly<Record<string, boolean>>> = {
  read(field) {
    const names = [...field.keys()].sort()
    const values = readAll(
      names.map((name) => field.get(name)),
      (entry) => flag.read(entry) ?? false,
    )
    return names.length > 0 ? Object.fromEntries(names.map((name, i) => [name, values[i] ?? false])) : undefined
  },
  fromText(value) {
    if (value === '') return {}
    const pairs = value.split(',').map((part) => part.trim().split('='))
    if (pairs.some(([name, word, ...rest]) => name === '' || word === undefined || rest.length > 0)) return value
    return Object.fromEntries(pairs.map(([name = '', word = '']) => [name, flag.fromText(word)]))
  },
}
