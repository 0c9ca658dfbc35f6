import { expect, test } from 'vitest'
import { WatchState } from '../../src/kube/watch-state.ts'

const failed = { kind: 'failed', message: 'connect ECONNREFUSED' } as const

function watching(version = '7'): WatchState {
  const state = new WatchState()
  state.next()
  state.synced(version)
  return state
}

test('it begins with a streamed list, and watches from where the last answer ended', () => {
  const state = new WatchState()
  expect(state.next()).toEqual({ kind: 'stream' })
  state.synced('7')
  state.advanced('9')
  expect(state.ended({ kind: 'closed' }, 0)).toBe(0)
  expect(state.next()).toEqual({ kind: 'watch', resourceVersion: '9' })
})

test('a streamed list that was cut begins anew, since its events come in the order of names', () => {
  const state = new WatchState()
  state.next()
  state.advanced('900')
  expect(state.ended({ kind: 'closed' }, 0)).toBeGreaterThan(0)
  expect(state.next()).toEqual({ kind: 'stream' })
})

test('where lists do not stream it asks for pages at once, and after them it watches', () => {
  const state = new WatchState()
  state.next()
  expect(state.ended({ kind: 'unsupported' }, 0)).toBe(0)
  expect(state.next()).toEqual({ kind: 'page' })
  state.continued('more')
  expect(state.ended({ kind: 'closed' }, 0)).toBe(0)
  expect(state.next()).toEqual({ kind: 'page', continueToken: 'more' })
  state.synced('7')
  expect(state.ended({ kind: 'closed' }, 0)).toBe(0)
  expect(state.next()).toEqual({ kind: 'watch', resourceVersion: '7' })
})

test('a page that failed is asked for again, with the same token', () => {
  const state = new WatchState()
  state.ended({ kind: 'unsupported' }, 0)
  state.continued('more')
  state.ended(failed, 0)
  expect(state.next()).toEqual({ kind: 'page', continueToken: 'more' })
})

test('after a failure it watches from the same version', () => {
  const state = watching('7')
  state.ended(failed, 0)
  expect(state.next()).toEqual({ kind: 'watch', resourceVersion: '7' })
})

test.each([{ kind: 'expired' }, { kind: 'silent' }] as const)(
  'after $kind it lists, streamed where it can',
  (ending) => {
    const state = watching()
    state.ended(ending, 0)
    expect(state.next()).toEqual({ kind: 'stream' })
  },
)

test('the first expiry costs no time, and those after it without an event between do', () => {
  const state = watching()
  expect(state.ended({ kind: 'expired' }, 0)).toBe(0)
  state.synced('8')
  expect(state.ended({ kind: 'expired' }, 0)).toBeGreaterThan(0)
  state.synced('9')
  state.advanced('10')
  expect(state.ended({ kind: 'expired' }, 0)).toBe(0)
})

test('a relist forgets the version and waits for nothing', () => {
  const state = watching()
  state.relist()
  expect(state.ended({ kind: 'interrupted' }, 0)).toBe(0)
  expect(state.next()).toEqual({ kind: 'stream' })
})

test('waits double from half a second to half a minute, of which chance takes up to a half', () => {
  const state = watching()
  const waits = Array.from({ length: 9 }, () => state.ended(failed, 0))
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
  expect(state.ended(failed, 0.999)).toBeGreaterThan(29_900)
  state.advanced('8')
  expect(state.ended(failed, 0.5)).toBe(375)
})

test('a watch that the server ends before it says a word is a failure', () => {
  const state = watching()
  state.next()
  expect(state.ended({ kind: 'closed' }, 0)).toBe(250)
  state.next()
  expect(state.ended({ kind: 'closed' }, 0)).toBe(500)
})

test('it stays away as long as the server asks, but for two minutes at most', () => {
  expect(watching().ended({ ...failed, retryAfterSeconds: 5 }, 0)).toBe(5000)
  expect(watching().ended({ ...failed, retryAfterSeconds: 86_400 }, 0)).toBe(120_000)
})
