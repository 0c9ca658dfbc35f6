import { complement, lastCodePoint, type CharSet } from './char-set.ts'
import type { Assertion, Regex } from './regex.ts'

const assertions: Readonly<Record<Assertion, string>> = {
  'text start': '^',
  'text end': '$',
  // JavaScript's own flag m takes more characters than \n for the end of a line.
  'line start': String.raw`(?<![^\n])`,
  'line end': String.raw`(?![^\n])`,
  'word boundary': String.raw`\b`,
  'no word boundary': String.raw`\B`,
}

/** The expression for JavaScript, with the flag u: `([^\n]*)\.example\.com`. */
export function regexSource(regex: Regex): string {
  switch (regex.kind) {
    case 'set':
      return setSource(regex.set)
    case 'assertion':
      return assertions[regex.assertion]
    case 'sequence':
      return regex.items.map(regexSource).join('')
    case 'choice':
      return `(?:${regex.items.map(regexSource).join('|')})`
    case 'group':
      return `(${regexSource(regex.body)})`
    case 'repeat':
      return `${atomSource(regex.body)}${countSource(regex.min, regex.max)}${regex.lazy ? '?' : ''}`
  }
}

function atomSource(regex: Regex): string {
  const source = regexSource(regex)
  return regex.kind === 'set' || regex.kind === 'group' || regex.kind === 'choice' ? source : `(?:${source})`
}

function countSource(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  if (min === 0 && max === 1) return '?'
  return min === max ? `{${min}}` : `{${min},${max}}`
}

function setSource(set: CharSet): string {
  const [[from, to] = [1, 0]] = set
  if (set.length === 1 && from === to) return pointSource(from)
  const negated = set.at(-1)?.[1] === lastCodePoint
  const ranges = (negated ? complement(set) : set).map(([low, high]) =>
    low === high ? memberSource(low) : `${memberSource(low)}-${memberSource(high)}`,
  )
  return `[${negated ? '^' : ''}${ranges.join('')}]`
}

/** Inside brackets a dash would make a range. */
function memberSource(point: number): string {
  return point === 0x2d ? String.raw`\-` : pointSource(point)
}

function pointSource(point: number): string {
  const character = String.fromCodePoint(point)
  if (/[$()*+./?[\\\]^{|}]/.test(character)) return `\\${character}`
  if (point >= 32 && point < 127) return character
  return point === 10 ? String.raw`\n` : `\\u{${point.toString(16)}}`
}
