import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { header } from '../../src/plugins/header.ts'
import { resolve } from '../../src/dns/resolution.ts'
import { zone as clusterZone } from '../dns/fixture.ts'
import { answerTo, asWire, nobody, pluginOf, query, zone } from './client.ts'

const message = zone('www.example.org. 5 IN A 192.0.2.80')
const cluster: Handler = (request) => ({
  kind: 'resolution',
  resolution: resolve(clusterZone, request.name, request.query.type),
  by: 'kubernetes',
})

/** The option lines, the RD of the query, and the flags of the answer when the plugins behind set none. */
const cases: readonly (readonly [string, number, string])[] = [
  ['response set ra aa', 0x0100, 'NOERROR aa rd ra'],
  ['response clear ra aa', 0x0100, 'NOERROR rd'],
  ['response set AA\n response clear aa', 0x0100, 'NOERROR rd'],
  ['response clear rd', 0x0100, 'NOERROR'],
  ['response set rd', 0, 'NOERROR rd'],
  // CoreDNS answers with the RD that it gave the query, not with that of the client.
  ['query clear rd', 0x0100, 'NOERROR rd'],
  ['query set rd', 0, 'NOERROR'],
  ['query clear rd\n response set ra', 0x0100, 'NOERROR rd ra'],
]

describe.each([
  { form: 'a message', next: message },
  { form: 'an answer of the cache', next: asWire(message) },
])('$form', ({ next }) => {
  test.each(cases)('%s', async (options, flags, want) => {
    const handler = header(pluginOf('header', `header {\n ${options}\n}`), next)
    const answer = await answerTo(handler, query('www.example.org', 'A', { flags }))
    expect(answer).toBe(`${want}\nwww.example.org 5 A 192.0.2.80`)
  })
})

test('an answer of the zone', async () => {
  const handler = header(pluginOf('header', 'header {\n response clear aa\n response set ra\n}'), cluster)
  expect(await answerTo(handler, query('Front.web.svc.cluster.local'))).toBe(
    'NOERROR rd ra\nFront.web.svc.cluster.local 5 A 10.96.0.20',
  )
})

test('the plugins behind see the query changed', async () => {
  const seen: number[] = []
  const handler = header(pluginOf('header', 'header {\n query clear rd\n query set aa ra\n}'), (request) => {
    seen.push(request.message[2] ?? 0, request.message[3] ?? 0)
    return nobody(request)
  })
  const request = query('www.example.org')
  await handler(request)
  expect(seen).toEqual([0x04, 0x80])
  expect([...request.message.subarray(2, 4)]).toEqual([0x01, 0])
})

test('an rcode alone stays as it is', async () => {
  const handler = header(pluginOf('header', 'header {\n response set aa\n}'), nobody)
  expect(await answerTo(handler, query('x'))).toBe('REFUSED rd')
})
