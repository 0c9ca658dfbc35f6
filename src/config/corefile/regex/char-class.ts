import { charSet, complement, type CharSet } from './char-set.ts'

const digit: CharSet = [[0x30, 0x39]]
const lower: CharSet = [[0x61, 0x7a]]
const upper: CharSet = [[0x41, 0x5a]]
const word = charSet([...digit, ...upper, [0x5f, 0x5f], ...lower])
const space: CharSet = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]

/** `\d`, `\S` and so on; ASCII only. Source: RE2 syntax, Perl character classes. */
export const perlClasses: Readonly<Record<string, CharSet>> = {
  d: digit,
  D: complement(digit),
  s: space,
  S: complement(space),
  w: word,
  W: complement(word),
}

/** `[:alpha:]` and so on, inside brackets. Source: RE2 syntax, ASCII character classes. */
export const posixClasses: Readonly<Record<string, CharSet>> = {
  alnum: charSet([...digit, ...lower, ...upper]),
  alpha: charSet([...lower, ...upper]),
  ascii: [[0, 0x7f]],
  blank: charSet([
    [0x09, 0x09],
    [0x20, 0x20],
  ]),
  cntrl: charSet([
    [0, 0x1f],
    [0x7f, 0x7f],
  ]),
  digit,
  graph: [[0x21, 0x7e]],
  lower,
  print: [[0x20, 0x7e]],
  punct: charSet([
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ]),
  space: charSet([
    [0x09, 0x0d],
    [0x20, 0x20],
  ]),
  upper,
  word,
  xdigit: charSet([...digit, [0x41, 0x46], [0x61, 0x66]]),
}

/** The code point of `\n`, `\a` and so on. */
export const controlEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }
