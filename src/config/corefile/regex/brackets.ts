import { controlEscapes, perlClasses, posixClasses } from './char-class.ts'
import { charSet, complement, lastCodePoint, withBothCases, type CharSet } from './char-set.ts'
import type { Cursor } from './cursor.ts'
import { RegexError } from './regex.ts'

/** What stands behind an opening bracket, such as `a-z0-9]`. */
export function readBrackets(cursor: Cursor, ignoreCase: boolean): CharSet {
  const negated = cursor.skip('^')
  const ranges: (readonly [number, number])[] = []
  // A ] that stands first is one of the characters.
  do {
    if (cursor.done) throw new RegexError('a [ is never closed')
    ranges.push(...readItem(cursor))
  } while (!cursor.skip(']'))
  const set = ignoreCase ? withBothCases(charSet(ranges)) : charSet(ranges)
  return negated ? complement(set) : set
}

/** What stands behind a backslash and means a character or some: `d`, `.`, `x41`, `n`. */
export function readEscape(cursor: Cursor): CharSet {
  const [, hex, longHex] = cursor.match(/x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/y) ?? []
  if (hex ?? longHex) return one(Number.parseInt(hex ?? longHex ?? '', 16))
  const [octal] = cursor.match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y) ?? []
  if (octal !== undefined) return one(Number.parseInt(octal, 8))
  const character = cursor.take()
  if (character === '') throw new RegexError('it ends in a backslash')
  const set = perlClasses[character]
  if (set !== undefined) return set
  const control = controlEscapes[character]
  if (control !== undefined) return one(control)
  if (/[!-/:-@[-`{-~ ]/.test(character)) return one(character.codePointAt(0) ?? 0)
  throw new RegexError(whyNoEscape(character))
}

function whyNoEscape(character: string): string {
  if (/\d/.test(character)) return `RE2 has no back references such as \\${character}`
  if (/p/i.test(character)) return `Unicode classes (\\${character}) are not supported; names are ASCII`
  return `RE2 does not know \\${character}`
}

/** A character, a range of them or a class. */
function readItem(cursor: Cursor): CharSet {
  const [, not, name = ''] = cursor.match(/\[:(\^?)(\w+):\]/y) ?? []
  if (not !== undefined) return posixClass(name, not === '^')
  const low = readEnd(cursor)
  if (cursor.match(/-(?=[^\]])/y) === undefined) return low
  const high = readEnd(cursor)
  const from = onlyOf(low)
  const to = onlyOf(high)
  if (from === undefined || to === undefined || from > to) {
    throw new RegexError('a range in [] needs a character on either side, the lower one first')
  }
  return [[from, to]]
}

function posixClass(name: string, negated: boolean): CharSet {
  const set = posixClasses[name]
  if (set === undefined) {
    throw new RegexError(`there is no class [:${name}:]; there are ${Object.keys(posixClasses).join(', ')}`)
  }
  return negated ? complement(set) : set
}

function readEnd(cursor: Cursor): CharSet {
  if (cursor.skip('\\')) return readEscape(cursor)
  return one(cursor.take().codePointAt(0) ?? 0)
}

function onlyOf(set: CharSet): number | undefined {
  const [range, ...more] = set
  return more.length === 0 && range?.[0] === range?.[1] ? range?.[0] : undefined
}

function one(point: number): CharSet {
  if (point > lastCodePoint) throw new RegexError(`there is no character \\x{${point.toString(16)}}`)
  return [[point, point]]
}
