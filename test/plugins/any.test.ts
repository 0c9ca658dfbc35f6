import { expect, test } from 'vitest'
import { any } from '../../src/plugins/any.ts'
import { answerTo, nobody, query } from './client.ts'

test('ANY gets one HINFO, whatever the name; other types go on', async () => {
  expect(await answerTo(any(nobody), query('WWW.example.org', 'ANY'))).toBe(
    'NOERROR rd\nWWW.example.org 8482 HINFO ANY obsoleted See RFC 8482',
  )
  expect(await answerTo(any(nobody), query('www.example.org', 'HINFO'))).toBe('REFUSED rd')
})
