import { expect, test } from 'vitest'
import { causeText, type Cause } from '../../src/diff/cause.ts'
import { groupByOwner } from '../../src/diff/grouped-diff.ts'
import type { Edit } from '../../src/diff/line-diff.ts'
import { formatReport } from '../../src/diff/report-text.ts'
import type { ReportGroup } from '../../src/diff/report.ts'

const values = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)

const causes: readonly (readonly [text: string, cause: Cause])[] = [
  ['endpoint a removed', { kind: 'endpoint', removed: ['a'], added: [] }],
  ['endpoint a removed, b added', { kind: 'endpoint', removed: ['a'], added: ['b'] }],
  ['endpoint a removed, endpoints b, c added', { kind: 'endpoint', removed: ['a'], added: ['b', 'c'] }],
  ['name a added, b changed', { kind: 'name', added: ['a'], changed: ['b'] }],
  ['names v0, v1, v2, v3, v4 added', { kind: 'name', added: values(5) }],
  ['names v0, v1, v2, v3, v4 and 1 more added', { kind: 'name', added: values(6) }],
  ['external addresses a, b', { kind: 'external address', has: ['a', 'b'] }],
  ['endpoints under policy Local a, b added', { kind: 'endpoint under policy Local', added: ['a', 'b'] }],
  ['session affinity changed from none to 600 s', { kind: 'session affinity', from: 'none', to: '600 s' }],
  ['now refused (IPv4 and IPv6)', { kind: 'traffic', says: 'now refused', families: ['IPv4', 'IPv6'] }],
  ['node port 30080 added (IPv6)', { kind: 'node port', added: ['30080'], families: ['IPv6'] }],
]

test.each(causes)('%s', (text, cause) => {
  expect(causeText(cause)).toBe(text)
})

const edit = (line: string): Edit => ({
  sign: line.startsWith('-') ? '-' : line.startsWith('+') ? '+' : ' ',
  text: line.slice(2),
})
const section = (name: string, lines: readonly string[]) => ({ document: 'd', section: name, edits: lines.map(edit) })

test("lines go to their owners in the order they have, what is no one's first", () => {
  const diffs = [section('one', ['- b1', '  a0', '+ a1', '+ x', '+ b2']), section('two', ['- a2'])]
  const groups = groupByOwner(diffs, (_, { text }) => (text === 'x' ? undefined : text.slice(0, 1)))
  expect(groups).toEqual([
    { sections: [section('one', ['+ x'])] },
    { owner: 'a', sections: [section('one', ['+ a1']), section('two', ['- a2'])] },
    { owner: 'b', sections: [section('one', ['- b1', '+ b2'])] },
  ])
})

const says = (kind: string, port?: string): Cause => ({ kind, says: `${kind} it`, ...(port !== undefined && { port }) })

const shared: ReportGroup = {
  status: 'changed',
  causes: [says('first'), says('second')],
  sections: [section('base', ['+ rule', '- chain'])],
}
const service: ReportGroup = {
  owner: 'shop/cart',
  status: 'changed',
  causes: [says('all'), says('one', 'http'), says('two', 'http'), says('three', 'grpc')],
  sections: [section('one', ['+ rule']), section('two', ['- rule'])],
}

test("a line for each cause that is no one's, for each port of a Service; a summary", () => {
  expect(formatReport([shared, service])).toBe(`Not of one Service: first it
Not of one Service: second it
@@ d base
+ rule
- chain

Service shop/cart: all it
Service shop/cart, port http: one it; two it
Service shop/cart, port grpc: three it
@@ d one
+ rule
@@ d two
- rule

1 Service differs: 1 changed, and what is not of one Service; 2 lines to add, 2 to remove
`)
})

test.each([
  [[], ''],
  [[shared], 'Only what is not of one Service differs; 1 line to add, 1 to remove'],
  [[service], '1 Service differs: 1 changed; 1 line to add, 1 to remove'],
  [
    [service, { ...service, status: 'new' }, { ...service, status: 'removed' }, service],
    '4 Services differ: 1 new, 1 removed, 2 changed; 4 lines to add, 4 to remove',
  ],
] as const)('summary %#', (groups, summary) => {
  expect(formatReport(groups).split('\n').at(-2) ?? '').toBe(summary)
})

test('each kind of line has its colour', () => {
  const painted = formatReport([service], (role, line) => `<${role}>${line}`)
  expect(painted.match(/^<.*?>/gm)).toEqual(
    ['title', 'title', 'title', 'section', 'added', 'section', 'removed', 'title'].map((role) => `<${role}>`),
  )
})
