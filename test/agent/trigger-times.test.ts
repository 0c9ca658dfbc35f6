import { expect, test } from 'vitest'
import { TriggerTimes } from '../../src/agent/trigger-times.ts'
import { Field } from '../../src/model/field.ts'
import { parseEndpointSlice } from '../../src/model/endpoint-slice.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const none: ReadonlySet<string> = new Set()

function slice(service: string, triggeredAt: string | undefined, addressType = 'IPv4') {
  const parsed = parseEndpointSlice(
    new Field({
      metadata: {
        namespace: 'shop',
        name: `${service}-1`,
        labels: { 'kubernetes.io/service-name': service },
        ...(triggeredAt !== undefined && {
          annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': triggeredAt },
        }),
      },
      addressType,
    }),
  )
  if (parsed === undefined) throw new Error('expected a slice')
  return parsed
}

test('a change is timed once, by the family it is of', () => {
  const times = new TriggerTimes(['IPv4', 'IPv6'], start)
  times.take([slice('cart', '2026-01-01T00:00:10.5Z'), slice('search', '2026-01-01T00:00:11Z', 'IPv6')])
  expect(times.programmed('IPv4', none, start + 12_000)).toEqual([1500])
  expect(times.programmed('IPv4', none, start + 13_000)).toEqual([])
  expect(times.programmed('IPv6', none, start + 12_000)).toEqual([1000])
})

test.each([
  ['before we were there', '2025-12-31T23:59:59Z'],
  ['not said', undefined],
  ['not a time', 'yesterday'],
])('a change whose time is %s is not timed', (_, triggeredAt) => {
  const times = new TriggerTimes(['IPv4', 'IPv6'], start)
  times.take([slice('cart', triggeredAt)])
  expect(times.programmed('IPv4', none, start + 1000)).toEqual([])
})

test('a service whose rules are refused is timed when they are in the kernel', () => {
  const times = new TriggerTimes(['IPv4', 'IPv6'], start)
  times.take([slice('cart', '2026-01-01T00:00:10Z')])
  expect(times.programmed('IPv4', new Set(['shop/cart']), start + 11_000)).toEqual([])
  expect(times.programmed('IPv4', none, start + 12_000)).toEqual([2000])
})

test('a clock behind that of the controller gives no time below zero', () => {
  const times = new TriggerTimes(['IPv4', 'IPv6'], start)
  times.take([slice('cart', '2026-01-01T00:00:10Z')])
  expect(times.programmed('IPv4', none, start + 9000)).toEqual([0])
})

test('many changes of one service between two syncs cost bounded memory', () => {
  const times = new TriggerTimes(['IPv4', 'IPv6'], start)
  for (let i = 0; i < 1000; i++) times.take([slice('cart', '2026-01-01T00:00:10Z')])
  expect(times.programmed('IPv4', none, start + 11_000)).toHaveLength(100)
})
