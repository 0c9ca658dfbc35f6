import { expect, test } from 'vitest'
import { badOptions } from './bad-options.ts'
import { defaults, goodOptions } from './good-options.ts'
import { problems, readPlugin } from './read.ts'

test.each(defaults)('%j stands for every default', (text, want) => {
  expect(readPlugin(text, 'example.org')).toEqual(want)
})

test.each(goodOptions)('%j', (text, want) => {
  expect(readPlugin(text)).toMatchObject(want)
})

test.each(badOptions)('%j is refused', (text, ...want) => {
  expect(problems(`. {\n${text}\n}\n`)).toEqual(want)
})
