import { expect, test } from 'vitest'
import { fuzzServer } from './server-fuzz.ts'

test('200,000 random and damaged queries through every plugin: each answer is one, and nothing throws', async () => {
  const { answered, promised, unsound, panics } = await fuzzServer(200_000, 7)
  expect({ unsound, panics }).toEqual({ unsound: [], panics: [] })
  expect(answered).toBeGreaterThan(50_000)
  expect(promised).toBeGreaterThan(1000)
}, 120_000)
