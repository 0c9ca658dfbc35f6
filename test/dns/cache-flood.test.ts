import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { cacheDefaults } from '../../src/dns/cache-options.ts'
import { cacheQuestion } from '../../src/dns/cache-question.ts'
import { CachedAnswers } from '../../src/dns/cached-answers.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { readQuery } from '../../src/dns/query.ts'
import { writeAnswer } from '../../src/dns/wire-answer.ts'
import { records, replyWith } from './replies.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

/** MiB that are in use, and that the process has. */
function memoryAfterGc(): { readonly live: number; readonly resident: number } {
  if (typeof collectGarbage === 'function') collectGarbage()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { live: (heapUsed + external) / 2 ** 20, resident: rss / 2 ** 20 }
}

test(
  'a million random names leave as many as there is room for, and no more memory',
  { timeout: 120_000 },
  async () => {
    let evicted = 0
    let now = 0
    const answers = new CachedAnswers(cacheDefaults, {
      now: () => now,
      after: () => () => {},
      observe: ({ kind }) => {
        if (kind === 'evicted') evicted++
      },
    })
    const ask = async (i: number): Promise<void> => {
      const name = `random-${i}-${'x'.repeat(i % 40)}.example.com.`
      const questions = [{ name, type: 1, class: 1 }]
      const message = encodeMessage(replyWith({ response: false, questions }))
      const query = readQuery(message, 'udp')
      if (query.kind !== 'query') throw new Error('no query')
      // Two of three do not exist; some of the others have many addresses.
      const found = Array.from({ length: i % 97 === 0 ? 60 : 1 }, () => records.a(60, name))
      const fields = i % 3 === 0 ? { answers: found } : { rcode: 3, authority: [records.soa(60)] }
      const reply = replyWith({ questions, ...fields })
      const answer = await answers.answer(cacheQuestion(message, query, ''), () =>
        Promise.resolve({ reply, personal: false }),
      )
      if (!answer || writeAnswer(answer.answer, message, query, 'udp', answer).length > 512)
        throw new Error('no answer')
      now++
    }
    for (let i = 0; i < 100_000; i++) await ask(i)
    const before = memoryAfterGc()
    for (let i = 100_000; i < 1_000_000; i++) await ask(i)
    const after = memoryAfterGc()
    expect(answers.cache.sizes).toEqual({ success: 10_000, denial: 10_000 })
    expect(evicted).toBe(1_000_000 - 20_000)
    // Were they kept, 900,000 would take some 1500 MiB. What is freed stays with the process for a while.
    expect(after.live - before.live).toBeLessThan(10)
    expect(after.resident - before.resident).toBeLessThan(200)
    expect(after.live).toBeLessThan(150)
  },
)
