import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientLookup, ClientReply, ClientResult } from '../../../src/dns/client/client.ts'
import { glibcLookup } from '../../../src/dns/client/glibc.ts'
import { muslLookup } from '../../../src/dns/client/musl.ts'
import { RealClients, type Library } from './real-clients.ts'
import { groups, serverOf } from './scenarios.ts'

/** The errors of libuv (EAI_NONAME, EAI_NODATA, EAI_AGAIN), and of musl 1.2.3, which does not tell the first two apart. */
const results: Readonly<Record<Library, Readonly<Record<ClientResult, string>>>> = {
  glibc: { found: '0', 'no such name': '-3008', 'no address': '-3007', 'temporary failure': '-3001' },
  musl: { found: '0', 'no such name': '-2', 'no address': '-2', 'temporary failure': '-3' },
}
const lookups = { glibc: glibcLookup, musl: muslLookup } as const
const types = [1, 28] as const

let clients: RealClients
beforeAll(async () => {
  clients = await RealClients.create()
})
afterAll(() => clients[Symbol.asyncDispose]())

describe.each(groups)('$what', (group) => {
  test.each(['glibc', 'musl'] as const)('%s sends exactly what we say, and fails as we say', async (library) => {
    const seen = await clients.lookUp(library, group)
    for (const scenario of group.scenarios) {
      const lookup = lookups[library](scenario.name, group, types, serverOf(scenario))
      const { queries = [], result } = seen.get(scenario.name) ?? {}
      expect({ what: scenario.what, queries: runsOf(queries), result }).toEqual({
        what: scenario.what,
        queries: runsOf(questionsOf(lookup)),
        result: results[library][lookup.result],
      })
    }
  })
})

function questionsOf({ steps }: ClientLookup<ClientReply>): readonly string[] {
  return steps.flatMap(({ name, queries }) =>
    queries.flatMap(({ type, times }) => Array<string>(times).fill(`${name} ${type === 1 ? 'A' : 'AAAA'}`)),
  )
}

/** `a.s1. A 2, AAAA 1` of questions for one name that follow each other: in which order they are repeated is chance. */
function runsOf(questions: readonly string[]): readonly string[] {
  const runs: { readonly name: string; A: number; AAAA: number }[] = []
  for (const [name = '', type] of questions.map((question) => question.split(' '))) {
    if (runs.at(-1)?.name !== name) runs.push({ name, A: 0, AAAA: 0 })
    const run = runs.at(-1)
    if (run !== undefined) run[type === 'AAAA' ? 'AAAA' : 'A']++
  }
  return runs.map((run) => `${run.name} A ${run.A}, AAAA ${run.AAAA}`)
}
