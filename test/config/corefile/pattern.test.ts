import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePattern } from '../../../src/config/corefile/pattern.ts'
import { RegexError } from '../../../src/config/corefile/regex/regex.ts'

/** Expressions as they stand in Corefiles, and what JavaScript is given for them. */
const taken = [
  [String.raw`(.*)\.example\.org`, String.raw`([^\n]*)\.example\.org`, ['']],
  [String.raw`^(.*)-(us-west-1)\.coredns\.rocks\.$`, String.raw`^([^\n]*)-(us-west-1)\.coredns\.rocks\.$`, ['', '']],
  [String.raw`^(.*)\.(.*)\.(.*)\.svc\.`, String.raw`^([^\n]*)\.([^\n]*)\.([^\n]*)\.svc\.`, ['', '', '']],
  [String.raw`([a-z0-9-]+\.)+example\.com`, String.raw`([\-0-9a-z]+\.)+example\.com`, ['']],
  ['(?P<a>x)(?<b>y)(z)', '(x)(y)(z)', ['a', 'b', '']],
  ['(^|[.])ip[.]', String.raw`((?:^|\.))ip\.`, ['']],
  ['(?i)Mail(?-i)Mail', '[Mm][Aa][Ii][Ll]Mail', []],
  ['(?i:a)b', '[Aa]b', []],
  ['[[:alpha:]_-]', String.raw`[\-A-Z_a-z]`, []],
  ['[^[:^digit:]]', '[0-9]', []],
  [String.raw`[\d\-\]]`, String.raw`[\-0-9\]]`, []],
  ['[]a-]', String.raw`[\-\]a]`, []],
  [String.raw`\Qa.b\E+`, String.raw`a\.b+`, []],
  [String.raw`\x41\x{42}\103\n`, String.raw`ABC\n`, []],
  ['(?s).', '[^]', []],
  ['(?m)^a$', String.raw`(?<![^\n])a(?![^\n])`, []],
  [String.raw`\Aa\b\B\z`, String.raw`^a\b\B$`, []],
  ['(?U)a+a+?', 'a+?a+', []],
  ['a{2}b{2,}c{2,3}d{,3}{', String.raw`a{2}b{2,}c{2,3}d\{,3\}\{`, []],
  ['', '', []],
] as const

test.each(taken)('%s', (text, source, groups) => {
  expect(parsePattern(text)).toEqual({ text, source, groups })
})

const refused = [
  ['(', 'a ( is never closed'],
  [')', 'a ) closes nothing'],
  ['[a', 'a [ is never closed'],
  ['[', 'a [ is never closed'],
  ['[z-a]', 'a range in [] needs a character on either side, the lower one first'],
  [String.raw`[a-\d]`, 'a range in [] needs a character on either side, the lower one first'],
  ['[[:letter:]]', 'there is no class [:letter:]; there are alnum, alpha'],
  ['*a', 'a repetition has nothing before it'],
  ['{2}', 'a repetition has nothing before it'],
  ['a**', 'a repetition is repeated; put the inner one in (?:)'],
  ['a{2}{3}', 'a repetition is repeated; put the inner one in (?:)'],
  ['a{1001}', '{1001} expects counts up to 1000, the lower one first'],
  ['a{3,2}', '{3,2} expects counts up to 1000, the lower one first'],
  ['a\\', 'it ends in a backslash'],
  [String.raw`(a)\1`, String.raw`RE2 has no back references such as \1`],
  [String.raw`\p{L}`, String.raw`Unicode classes (\p) are not supported; names are ASCII`],
  [String.raw`\y`, String.raw`RE2 does not know \y`],
  [String.raw`\x{110000}`, String.raw`there is no character \x{110000}`],
  ['a(?=b)', 'RE2 cannot look ahead or behind with (?='],
  ['(?<!a)b', 'RE2 cannot look ahead or behind with (?<!'],
  ['(?#a)', 'behind (? it expects a name in <>, flags of i, m, s and U, or :'],
  ['(?P<a>x)(?P<a>y)', 'two groups are called a'],
  ['(a+)+', 'a repetition in a repetition can match one text in very many ways; write one of them'],
  ['(a*)*', 'a repetition in a repetition can match'],
  ['(a|aa)+', 'a repetition in a repetition can match'],
  [String.raw`([a-z.]+\.)+x`, 'a repetition in a repetition can match'],
  ['(a?)*', 'a repetition in a repetition can match'],
  ['(.*)(.*)(.*)(.*)x', 'it would have to try too many ways to match; write [^.]* for the .* of one label'],
  [String.raw`(.*)\.(.*)\.(.*)\.x`, 'it would have to try too many ways to match'],
  ['(a?){8}.*x', 'it would have to try too many ways to match'],
  ['(a?){60}a{60}', 'it would have to try too many ways to match'],
  ['(?:(a)|b)*', 'a round of a repetition can leave out a group'],
  ['(?:(a)|b){2}', 'a round of a repetition can leave out a group'],
  ['(?:(a)?b)+', 'a round of a repetition can leave out a group'],
  ['a'.repeat(1001), 'it has 1001 characters, more than 1000'],
  ['('.repeat(60), 'groups are nested deeper than 50'],
] as const

test.each(refused)('%s is refused', (text, want) => {
  expect(() => parsePattern(text)).toThrow(want)
  expect(() => parsePattern(text)).toThrow(RegexError)
})

/** Pieces that mean the same in RE2 and in JavaScript, and those that make matching take long. */
const piece = fc.constantFrom('a', 'b', 'ab', '.', '[ab]', '[^a.]', '\\.', '-', '\\d', '\\w', '^', '$', '\\b')
const count = fc.constantFrom('', '', '*', '+', '?', '{1,3}', '*?', '+?', '{2,}', '{1,9}')
const random = fc.letrec<{ readonly regex: string }>((tie) => ({
  regex: fc
    .array(
      fc.oneof(
        { depthSize: 'xsmall', withCrossShrink: true },
        { weight: 8, arbitrary: fc.tuple(piece, count).map((parts) => parts.join('')) },
        { weight: 1, arbitrary: fc.tuple(tie('regex'), count).map(([inner, times]) => `(${inner})${times}`) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(tie('regex'), tie('regex'), count)
            .map(([left, right, times]) => `(?:${left}|${right})${times}`),
        },
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join('')),
})).regex

test('what both languages write alike matches alike', () => {
  const texts = ['', 'a', 'b', 'ab', 'abab.', 'a.b-c.', 'aab.ab-12.cab.', 'ba']
  let compared = 0
  fc.assert(
    fc.property(random, (text) => {
      const source = sourceOf(text)
      if (source === undefined) return
      const [ours, theirs] = [new RegExp(source, 'u'), expressionOf(text)]
      if (theirs === undefined) return
      compared++
      for (const subject of texts) expect([text, ours.exec(subject)]).toEqual([text, theirs.exec(subject)])
    }),
    { numRuns: 5000 },
  )
  expect(compared).toBeGreaterThan(1500)
})

test('what is taken matches the worst names in no more than milliseconds', { timeout: 120_000 }, () => {
  const letters = ['a', 'b', '.', '-', 'ab', 'a.', 'a.b-', 'aab.']
  const names = letters.flatMap((unit) => {
    const name = unit.repeat(256).slice(0, 253)
    return [`${name}.`, `${name}!`, `!${name}`]
  })
  let tried = 0
  const slow: string[] = []
  fc.assert(
    fc.property(random, fc.constantFrom('x', '!x', '$', String.raw`\.x$`), (text, end) => {
      const source = sourceOf(text + end)
      if (source === undefined) return
      tried++
      const regex = new RegExp(source, 'u')
      for (const name of names) {
        // A busy machine may interrupt any of them, and hardly the same one twice.
        const took = milliseconds(regex, name)
        if (took > 1000 && milliseconds(regex, name) > 1000)
          slow.push(`${text}${end} in ${name.slice(0, 8)}…: ${took} ms`)
      }
    }),
    { numRuns: 3000 },
  )
  expect(tried).toBeGreaterThan(1000)
  // Without the check single matches take minutes.
  expect(slow).toEqual([])
})

function milliseconds(regex: RegExp, name: string): number {
  const start = performance.now()
  regex.exec(name)
  return performance.now() - start
}

function sourceOf(text: string): string | undefined {
  try {
    return parsePattern(text).source
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    return undefined
  }
}

/** JavaScript refuses a few things that RE2 takes, such as a repetition of an assertion. */
function expressionOf(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'u')
  } catch {
    return undefined
  }
}
