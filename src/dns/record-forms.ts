import { addressBytes, familyOf, parseAddress } from '../net/address.ts'
import { nameBytes } from './name.ts'
import { recordTypes } from './record-type.ts'
import { wordOctets, type RecordWord } from './record-words.ts'

/** How a piece of record data is written in a zone file. */
interface Field {
  readonly expected: string
  /** Its wire form; undefined when the word is none. */
  readonly read: (text: string) => Uint8Array | undefined
}

/** The pieces of the data of one type, in their order; the last may be repeated, at least once. */
export interface RecordForm {
  readonly fields: readonly Field[]
  readonly repeated?: true
}

const maxString = 255

const ipv4: Field = {
  expected: 'an IPv4 address',
  read: (text) => (familyOf(text) === 'IPv4' && parseAddress(text) === text ? addressBytes(text) : undefined),
}
const ipv6: Field = { expected: 'an IPv6 address', read: ipv6Octets }
const name: Field = { expected: 'a name', read: nameBytes }
const string: Field = { expected: 'at most 255 octets', read: stringOctets }
const tag: Field = {
  expected: 'letters and digits',
  read: (text) => (/^[\da-z]{1,255}$/i.test(text) ? stringOctets(text) : undefined),
}
const octets: Field = { expected: 'text', read: wordOctets }
/** A text longer than one string takes is several, so nobody has to cut it by hand. */
const text: Field = { expected: 'text', read: textOctets }
const octet = number(1)
const short = number(2)
const long = number(4)
const time: Field = {
  expected: 'seconds, or a time such as 1h30m',
  read: (word) => {
    const seconds = parseSeconds(word)
    return seconds === undefined ? undefined : numberOctets(seconds, 4)
  },
}

const host: RecordForm = { fields: [name] }

/** Types that are written in their own words; every other one as RFC 3597 has it. Sources: RFC 1035, 2782, 3403, 8659. */
export const recordForms: ReadonlyMap<number, RecordForm> = new Map<number, RecordForm>([
  [recordTypes.A, { fields: [ipv4] }],
  [recordTypes.AAAA, { fields: [ipv6] }],
  [recordTypes.CAA, { fields: [octet, tag, octets] }],
  [recordTypes.CNAME, host],
  [recordTypes.DNAME, host],
  [recordTypes.HINFO, { fields: [string, string] }],
  [recordTypes.MX, { fields: [short, name] }],
  [recordTypes.NAPTR, { fields: [short, short, string, string, string, name] }],
  [recordTypes.NS, host],
  [recordTypes.PTR, host],
  [recordTypes.SOA, { fields: [name, name, long, time, time, time, time] }],
  [recordTypes.SPF, { fields: [text], repeated: true }],
  [recordTypes.SRV, { fields: [short, short, short, name] }],
  [recordTypes.TXT, { fields: [text], repeated: true }],
])

/** The data in wire form; a sentence when the words are not those of the form. */
export function readForm({ fields, repeated }: RecordForm, words: readonly RecordWord[]): Uint8Array | string {
  const count = repeated ? Math.max(fields.length, words.length) : fields.length
  if (words.length > count) return `expected nothing behind ${count} words of data, got "${words[count]?.text}"`
  const parts: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const field = fields[i] ?? fields.at(-1)
    const word = words[i]
    const part = word && field?.read(word.text)
    if (part === undefined) return `expected ${field?.expected}, got ${word ? `"${word.text}"` : 'nothing'}`
    parts.push(part)
  }
  return joined(parts)
}

/** Seconds, also as `1h30m` or `2W`; undefined when it is no time, or more than 32 bits hold. */
export function parseSeconds(word: string): number | undefined {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
  if (!/^(?:\d{1,10}[smhdw])*(?:\d{1,10})?$/i.test(word) || word === '') return undefined
  const parts = [...word.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  const seconds = parts.reduce((sum, [, digits = '', unit = '']) => sum + Number(digits) * (units[unit] ?? 1), 0)
  return seconds < 2 ** 32 ? seconds : undefined
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function number(size: 1 | 2 | 4): Field {
  const limit = 2 ** (8 * size) - 1
  return {
    expected: `a number from 0 to ${limit}`,
    read: (word) => (/^\d{1,10}$/.test(word) && Number(word) <= limit ? numberOctets(Number(word), size) : undefined),
  }
}

function numberOctets(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)))
}

/** An IPv4-mapped address too, which our canonical text has as IPv4. */
function ipv6Octets(word: string): Uint8Array | undefined {
  const address = word.includes(':') ? parseAddress(word) : undefined
  if (address === undefined) return undefined
  const bytes = addressBytes(address)
  return bytes.length === 16 ? bytes : joined([new Uint8Array(10), Uint8Array.of(255, 255), bytes])
}

function stringOctets(word: string): Uint8Array | undefined {
  const bytes = wordOctets(word)
  return bytes.length > maxString ? undefined : Uint8Array.of(bytes.length, ...bytes)
}

function textOctets(word: string): Uint8Array {
  const bytes = wordOctets(word)
  const count = Math.max(Math.ceil(bytes.length / maxString), 1)
  const parts = Array.from({ length: count }, (_, i) => bytes.subarray(i * maxString, (i + 1) * maxString))
  return joined(parts.map((part) => Uint8Array.of(part.length, ...part)))
}
