import type { MessageRecord } from './message.ts'
import { spelledName } from './name.ts'
import { fieldOffsets, recordFields } from './record-fields.ts'
import { parseSeconds, readForm, recordForms } from './record-forms.ts'
import { recordTypeNumber } from './record-type.ts'
import { recordWords, type RecordWord } from './record-words.ts'

/** Source: IANA, DNS CLASSes. */
const classes: Readonly<Record<string, number>> = { IN: 1, CS: 2, CH: 3, HS: 4 }

/** What CoreDNS takes for a record without one. */
const defaultTtl = 3600

/** What a record can have with its length in two octets. */
const maxData = 0xffff

/**
 * Reads one record in the form of a zone file: `www.example.com. 60 IN A 192.0.2.1`. TTL and class may stand in either
 * order or be left out, every name is absolute, and behind the end of the line nothing is read. A sentence when it is no
 * record. Sources: RFC 1035 section 5.1, RFC 3597 section 5.
 */
export function parseRecordText(text: string): MessageRecord | string {
  const words = recordWords(text)
  if (words === undefined) return 'a quote or a parenthesis has no other'
  const [first, ...rest] = words
  const owner = first && ownerName(first.text)
  if (owner === undefined) return `expected a name in front, got ${first ? `"${first.text}"` : 'nothing'}`
  const head = readHead(rest)
  if (typeof head === 'string') return head
  const { type, ttl, class: recordClass, word } = head
  const data = readData(type, recordClass, rest.slice(head.used))
  if (typeof data === 'string') return `${word}: ${data}`
  if (data.length > maxData) return `${word}: the data has more than ${maxData} octets`
  return { owner, type, class: recordClass, ttl, data }
}

interface Head {
  readonly ttl: number
  readonly class: number
  readonly type: number
  /** The type as it is written, in upper case. */
  readonly word: string
  /** How many words it takes. */
  readonly used: number
}

/** `[TTL] [CLASS] TYPE`. */
function readHead(words: readonly RecordWord[]): Head | string {
  let ttl: number | undefined
  let recordClass: number | undefined
  for (const [i, { text }] of words.slice(0, 3).entries()) {
    const word = text.toUpperCase()
    const [seconds, asClass] = [parseSeconds(text), classNumber(word)]
    if (ttl === undefined && seconds !== undefined) ttl = seconds
    else if (recordClass === undefined && asClass !== undefined) recordClass = asClass
    else {
      const type = recordTypeNumber(word)
      if (type === undefined) return `expected a TTL, a class or a record type, got "${text}"`
      return { ttl: ttl ?? defaultTtl, class: recordClass ?? 1, type, word, used: i + 1 }
    }
  }
  return 'expected a record type, got nothing'
}

function classNumber(word: string): number | undefined {
  const [, number] = /^CLASS(\d{1,5})$/.exec(word) ?? []
  if (number !== undefined) return Number(number) < 2 ** 16 ? Number(number) : undefined
  return Object.hasOwn(classes, word) ? classes[word] : undefined
}

/** `@` is the origin, which is the root here. */
function ownerName(text: string): string | undefined {
  return text === '@' ? '.' : spelledName(text)
}

function readData(type: number, recordClass: number, words: readonly RecordWord[]): Uint8Array | string {
  if (words[0]?.text === String.raw`\#` && !words[0].quoted) return readGeneric(type, recordClass, words.slice(1))
  const form = recordForms.get(type)
  return form ? readForm(form, words) : String.raw`expected \#, the number of octets and hexadecimal digits`
}

/** `4 C0000201`. */
function readGeneric(
  type: number,
  recordClass: number,
  [length, ...digits]: readonly RecordWord[],
): Uint8Array | string {
  const hex = digits.map(({ text }) => text).join('')
  if (!/^(?:[\da-f]{2})*$/i.test(hex)) return `expected pairs of hexadecimal digits, got "${hex}"`
  if (!/^\d{1,5}$/.test(length?.text ?? '') || Number(length?.text) !== hex.length / 2) {
    return `expected ${hex.length / 2} for the number of octets, got ${length ? `"${length.text}"` : 'nothing'}`
  }
  const data = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const fields = recordFields(type, recordClass)
  return fields && !fieldOffsets(fields, data) ? 'the octets are no data of this type' : data
}
