import { describe, expect, test } from 'vitest'
import { serve } from './served.ts'

const failing = (errors: string) =>
  serve(`. {\n${errors}\nforward . 198.51.100.1 198.51.100.2 {\nmax_fails 0\n}\n}`, () => 'refusing')

test('a query that nobody answers is a line, with what the upstream server said last', async () => {
  const { ask, lines } = failing('errors')
  await ask('WWW.example.com', { type: 'AAAA' })
  expect(lines).toEqual([
    expect.stringMatching(/^\[ERROR\] plugin\/errors: 2 www\.example\.com\. AAAA: 198\.51\.100\.[12]:53 refuses$/),
  ])
})

test('a name that no plugin is for is a line, one that does not exist is none', async () => {
  const { ask, lines } = serve('. {\nerrors\nkubernetes cluster.local\n}')
  await ask('gone.svc.cluster.local')
  await ask('www.example.com', { type: 'CAA' })
  expect(lines).toEqual(['[ERROR] plugin/errors: 2 www.example.com. CAA: no plugin answered'])
})

test('without the plugin there is no line', async () => {
  const { ask, lines } = failing('')
  await ask('www.example.com')
  expect(lines).toEqual([])
})

const ask = async (served: ReturnType<typeof serve>, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await served.ask(`n${i}.example.com`)
}

describe('consolidate', () => {
  test.each([
    {
      errors: 'errors {\nconsolidate 1m refuses$\n}',
      want: ["[ERROR] plugin/errors: 3 errors like 'refuses$' occurred in last 1m0s"],
    },
    {
      errors: 'errors {\nconsolidate 30s .* warning\n}',
      want: ["[WARNING] plugin/errors: 3 errors like '.*' occurred in last 30s"],
    },
    { errors: 'errors {\nconsolidate 30s .* debug\n}', want: [] },
    {
      errors: 'errors {\nconsolidate 5m ^no info\nconsolidate 1h30m refuses info show_first\n}',
      want: [
        expect.stringMatching(/^\[INFO\] plugin\/errors: 2 n0\.example\.com\. A: \S+ refuses$/),
        "[INFO] plugin/errors: 3 errors like 'refuses' occurred in last 1h30m0s",
      ],
    },
  ])('$errors', async ({ errors, want }) => {
    const served = failing(errors)
    await ask(served, 3)
    expect(served.lines).toHaveLength(want.length > 1 ? 1 : 0)
    await served.clock.advance(6_000_000)
    expect(served.lines).toEqual(want)
  })

  test('one alone that was shown is not told again', async () => {
    const served = failing('errors {\nconsolidate 30s .* error show_first\n}')
    await ask(served, 1)
    await served.clock.advance(60_000)
    expect(served.lines).toHaveLength(1)
  })

  test('what was counted is told when the server is closed', async () => {
    const served = failing('errors {\nconsolidate 1h .*\n}')
    await ask(served, 2)
    served.server.close()
    expect(served.lines).toEqual(["[ERROR] plugin/errors: 2 errors like '.*' occurred in last 1h0m0s"])
    await served.clock.advance(7_200_000)
    expect(served.lines).toHaveLength(1)
  })
})

test('of a flood of errors a hundred a second are lines, and the rest a number', async () => {
  const { send, clock, lines } = serve('. {\nerrors\nkubernetes cluster.local\n}')
  for (let i = 0; i < 1000; i++) void send(`n${i}.example.com`)
  await clock.advance(2000)
  expect(lines).toHaveLength(101)
  expect(lines.at(-1)).toBe('[WARNING] plugin/errors: 900 more errors were not logged')
  void send('www.example.com')
  expect(lines).toHaveLength(102)
})
