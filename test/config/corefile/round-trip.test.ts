import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaults, goodOptions } from './good-options.ts'
import { printCorefile } from './print.ts'
import { problems, read } from './read.ts'

const texts = [...defaults, ...goodOptions].map(([text]) => text)

test.each(texts)('%j, printed and read again', (text) => {
  const corefile = read(`. {\n${text}\n}\n`.replace(/^\. \{\nkubernetes/, 'c.local {\nkubernetes'))
  expect(read(printCorefile(corefile))).toEqual(corefile)
})

const blocks = fc.array(
  fc.record({
    zones: fc.uniqueArray(fc.constantFrom('.', 'a.org', 'b.a.org', '10.0.0.0/15', '2001:db8::/31'), { minLength: 1 }),
    port: fc.constantFrom('', ':53', ':5353'),
    plugins: fc.uniqueArray(fc.constantFrom(...texts), { selector: (text) => /^\w+/.exec(text)?.[0], maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 4 },
)

test('whatever is read, printed and read again, is the same', { timeout: 60_000 }, () => {
  let compared = 0
  fc.assert(
    fc.property(blocks, (made) => {
      const text = made
        .map(
          ({ zones, port, plugins }) => `${zones.map((zone) => zone + port).join(' ')} {\n${plugins.join('\n')}\n}\n`,
        )
        .join('')
      if (problems(text).length > 0) return
      compared++
      const corefile = read(text)
      const printed = printCorefile(corefile)
      expect(read(printed)).toEqual(corefile)
      expect(printCorefile(read(printed))).toBe(printed)
    }),
    { numRuns: 1000 },
  )
  expect(compared).toBeGreaterThan(300)
})
