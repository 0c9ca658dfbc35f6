import { expect, test } from 'vitest'
import { autopathList } from '../../src/dns/autopath.ts'
import type { Handler } from '../../src/plugins/handler.ts'
import { autopath } from '../../src/plugins/autopath.ts'
import { answerTo, asWire, nobody, pluginOf, query, zone } from './client.ts'

const list = autopathList(['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.org'])
const records = [
  'front.web.svc.cluster.local. 5 IN A 10.96.0.20',
  'db.ns.svc.cluster.local. 5 IN A 10.96.0.30',
  'www.example.org. 300 IN A 192.0.2.80',
  'example.com. 60 IN A 192.0.2.1',
]
const options = pluginOf('autopath', 'autopath cluster.local /etc/resolv.conf')

const noCount = (): void => undefined

/** A question, what the plugins behind are asked, and the answer. CoreDNS 1.14.7 gives the same but for the case of names. */
const cases: readonly (readonly [string, readonly string[], string])[] = [
  ['db.ns.svc.cluster.local', ['db.ns.svc.cluster.local.'], 'NOERROR rd\ndb.ns.svc.cluster.local 5 A 10.96.0.30'],
  [
    'Front.web.ns.svc.cluster.local',
    ['Front.web.ns.svc.cluster.local.', 'Front.web.svc.cluster.local.'],
    'NOERROR rd\nFront.web.ns.svc.cluster.local 5 CNAME Front.web.svc.cluster.local\nFront.web.svc.cluster.local 5 A 10.96.0.20',
  ],
  [
    'www.ns.svc.cluster.local',
    ['www.ns.svc.cluster.local.', 'www.svc.cluster.local.', 'www.cluster.local.', 'www.example.org.'],
    'NOERROR rd\nwww.ns.svc.cluster.local 300 CNAME www.example.org\nwww.example.org 300 A 192.0.2.80',
  ],
  [
    'example.com.ns.svc.cluster.local',
    [
      'example.com.ns.svc.cluster.local.',
      'example.com.svc.cluster.local.',
      'example.com.cluster.local.',
      'example.com.example.org.',
      'example.com.',
    ],
    'NOERROR rd\nexample.com.ns.svc.cluster.local 60 CNAME example.com\nexample.com 60 A 192.0.2.1',
  ],
  ['none.svc.cluster.local', ['none.svc.cluster.local.'], 'NXDOMAIN rd'],
  // CoreDNS fails for the first element itself.
  ['ns.svc.cluster.local', ['ns.svc.cluster.local.'], 'NXDOMAIN rd'],
  ['www.example.net', ['www.example.net.'], 'NXDOMAIN rd'],
]

test.each(cases)('%s', async (name, asked, answer) => {
  const next = zone(...records)
  for (const handler of [next, asWire(next)]) {
    next.asked.length = 0
    const got = await answerTo(
      autopath(options, handler, () => list, noCount),
      query(name),
    )
    // Whether the names of the answer are spelled as the question was is for the plugin that answers.
    expect(got.toLowerCase()).toBe(answer.toLowerCase())
    expect(next.asked).toEqual(asked.map((question) => `${question} 1`))
  }
})

test('no data ends the search, without an alias', async () => {
  const next = zone('www.svc.cluster.local. 5 IN TXT x', ...records)
  expect(
    await answerTo(
      autopath(options, next, () => list, noCount),
      query('www.ns.svc.cluster.local'),
    ),
  ).toBe('NOERROR rd')
})

test('when no name exists, the client gets the answer to its own', async () => {
  const next = zone()
  expect(
    await answerTo(
      autopath(options, next, () => list, noCount),
      query('no.ns.svc.cluster.local'),
    ),
  ).toBe('NXDOMAIN rd')
  expect(next.asked).toHaveLength(5)
})

test('a name that nobody can answer for ends the search: the client is to try again, not to take the next', async () => {
  const asked: string[] = []
  const next: Handler = (request) => {
    asked.push(request.name)
    return { kind: 'rcode', rcode: 2 }
  }
  expect(
    await answerTo(
      autopath(options, next, () => list, noCount),
      query('www.ns.svc.cluster.local'),
    ),
  ).toBe('SERVFAIL rd')
  expect(asked).toHaveLength(1)
})

test('a search that comes to something is counted, be it no data', async () => {
  let hits = 0
  const handler = autopath(
    options,
    zone('www.svc.cluster.local. 5 IN TXT x', ...records),
    () => list,
    () => hits++,
  )
  for (const name of ['db', 'front.web', 'www', 'nothing'])
    await answerTo(handler, query(`${name}.ns.svc.cluster.local`))
  expect(hits).toBe(3)
})

test('elsewhere, and for clients that nobody knows, the query goes on as it is', async () => {
  const seen: string[] = []
  const listOf = (client: string): undefined => void seen.push(client)
  const handler = autopath(options, nobody, listOf, noCount)
  expect(await answerTo(handler, query('www.ns.svc.cluster.local'))).toBe('REFUSED rd')
  expect(await answerTo(handler, query('www.example.net'))).toBe('REFUSED rd')
  expect(seen).toEqual(['10.244.1.7'])
})
