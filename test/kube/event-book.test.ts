import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBook, type EventRequest } from '../../src/kube/event-book.ts'
import { eventName, nodeReference, type Happening } from '../../src/kube/event.ts'

const source = { controller: 'pointsman', instance: 'pointsman-node-1' }
const start = Date.UTC(2026, 2, 1, 12)
const minute = 60_000

const about = (note: string, node = 'node-1'): Happening => ({
  regarding: nodeReference(node),
  type: 'Warning',
  reason: 'RulesDrifted',
  action: 'Compare',
  note,
})
const short = (request: EventRequest | undefined) =>
  request === undefined
    ? '-'
    : `${request.method} ${/"count":(\d+)/.exec(JSON.stringify(request.body))?.[1] ?? ''}`.trim()

test('an Event as the API wants it', () => {
  expect(new EventBook(source).take(about('a sentence'), start)).toEqual({
    method: 'POST',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    body: {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'node-1.1898b5d9b3d68000', namespace: 'default' },
      eventTime: '2026-03-01T12:00:00.000000Z',
      reportingController: 'pointsman',
      reportingInstance: 'pointsman-node-1',
      type: 'Warning',
      reason: 'RulesDrifted',
      action: 'Compare',
      note: 'a sentence',
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'node-1' },
    },
  })
})

test('what happens again is a series: told at once, then every half hour', () => {
  const book = new EventBook(source)
  const said: string[] = []
  for (let i = 0; i < 80; i++) {
    const now = start + i * minute
    const requests = [...(i < 60 ? [book.take(about('same'), now)] : []), ...book.due(now)]
    for (const request of requests) if (request !== undefined) said.push(`${i} ${short(request)}`)
  }
  expect(said).toEqual(['0 POST', '1 PATCH 2', '31 PATCH 32', '61 PATCH 60'])
})

test('what ends sooner is told when it has ended', () => {
  const book = new EventBook(source)
  for (let i = 0; i < 5; i++) book.take(about('same'), start + i * minute)
  const told = [5, 9, 10, 11, 12].map((minutes) => book.due(start + minutes * minute).map(short))
  expect(told).toEqual([[], [], [], ['PATCH 5'], []])
})

test('after a pause it is a new Event', () => {
  const book = new EventBook(source)
  expect([0, 5, 12].map((minutes) => short(book.take(about('same'), start + minutes * minute)))).toEqual([
    'POST',
    'PATCH 2',
    'POST',
  ])
})

test('an object has 25 Events at once and one in five minutes, whatever others have', () => {
  const book = new EventBook(source)
  const posts = (node: string, now: number) =>
    Array.from({ length: 40 }, (_, i) => book.take(about(`${now} ${i}`, node), now)).filter((each) => each).length
  expect(posts('node-1', start)).toBe(25)
  expect(posts('node-1', start + 4 * minute)).toBe(0)
  expect(posts('node-1', start + 5 * minute)).toBe(1)
  expect(posts('node-2', start + 5 * minute)).toBe(25)
  expect(posts('node-1', start + 25 * minute)).toBe(4)
})

test('names of Events are DNS names, and none comes twice', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.bigInt({ min: 1n, max: 2n ** 63n }),
      (name, number) => {
        const made = eventName(nodeReference(name), number)
        // As the API server has it: apimachinery, IsDNS1123Subdomain.
        const isDnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(made)
        return isDnsName && made.length <= 253 && made.endsWith(number.toString(16))
      },
    ),
  )
  const book = new EventBook(source)
  const names = Array.from({ length: 20 }, (_, i) => JSON.stringify(book.take(about(String(i)), start)?.body))
  expect(new Set(names.map((body) => /"name":"([^"]+)"/.exec(body)?.[1])).size).toBe(20)
})
