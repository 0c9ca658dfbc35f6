import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SyncLoop, type SyncPeriods } from '../../src/agent/sync-loop.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A loop whose runs end when the test says so. */
function controlled(periods?: SyncPeriods) {
  const runs: { finish: () => void; fail: () => void }[] = []
  const retries: number[] = []
  const loop = new SyncLoop(
    () =>
      new Promise((resolve, reject) => {
        runs.push({ finish: resolve, fail: () => reject(new Error('no')) })
      }),
    (_, retryMs) => retries.push(retryMs),
    periods,
  )
  return { loop, runs, retries }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('never two runs at a time; requests meanwhile are answered by one more', async () => {
  const { loop, runs } = controlled()
  loop.request()
  loop.request()
  loop.request()
  expect(runs).toHaveLength(1)
  runs[0]?.finish()
  await settle()
  expect(runs).toHaveLength(2)
  runs[1]?.finish()
  await settle()
  expect(runs).toHaveLength(2)
})

test('a failure is retried after 1 s, 2 s, 4 s and so on to 30 s, until a run succeeds', async () => {
  const { loop, runs, retries } = controlled()
  loop.request()
  for (let i = 0; i < 7; i++) {
    runs.at(-1)?.fail()
    await settle()
    await vi.advanceTimersByTimeAsync((retries.at(-1) ?? 0) - 1)
    expect(runs).toHaveLength(i + 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(runs).toHaveLength(i + 2)
  }
  expect(retries).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  runs.at(-1)?.finish()
  await settle()
  loop.request()
  runs.at(-1)?.fail()
  await settle()
  expect(retries.at(-1)).toBe(1000)
})

test('a request does not wait for the retry, but a second after a failure', async () => {
  const { loop, runs, retries } = controlled()
  loop.request()
  for (let i = 0; i < 3; i++) {
    runs.at(-1)?.fail()
    await settle()
    loop.request()
    loop.request()
    expect(runs).toHaveLength(i + 1)
    await vi.advanceTimersByTimeAsync(1001)
    expect(runs).toHaveLength(i + 2)
  }
  expect(retries).toEqual([1000, 2000, 4000])
})

test('a run that succeeds before the retry is due takes its place', async () => {
  const { loop, runs, retries } = controlled()
  loop.request()
  for (const waitMs of [1000, 1500]) {
    runs.at(-1)?.fail()
    await settle()
    await vi.advanceTimersByTimeAsync(waitMs)
  }
  expect(retries).toEqual([1000, 2000])
  loop.request()
  expect(runs).toHaveLength(3)
  runs.at(-1)?.finish()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs).toHaveLength(3)
})

test('a run that fails after the stop is not tried again', async () => {
  const { loop, runs } = controlled()
  loop.request()
  const stopped = loop.stop()
  runs[0]?.fail()
  await stopped
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs).toHaveLength(1)
})

test('stop lets the run under way finish and starts no other', async () => {
  const { loop, runs } = controlled()
  loop.request()
  loop.request()
  let stopped = false
  void loop.stop().then(() => {
    stopped = true
  })
  await settle()
  expect(stopped).toBe(false)
  runs[0]?.finish()
  await settle()
  expect(stopped).toBe(true)
  loop.request()
  expect(runs).toHaveLength(1)
})

test('with a least period, a run starts so long after the end of the one before, and requests meanwhile are one', async () => {
  const { loop, runs } = controlled({ minMs: 5000 })
  loop.request()
  expect(runs).toHaveLength(1)
  loop.request()
  await vi.advanceTimersByTimeAsync(7000)
  runs[0]?.finish()
  await settle()
  loop.request()
  await vi.advanceTimersByTimeAsync(4999)
  expect(runs).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(runs).toHaveLength(2)
  runs[1]?.finish()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs).toHaveLength(2)
})

test('a failure is retried no later than the longest period, and no sooner than the least', async () => {
  const { loop, runs, retries } = controlled({ minMs: 2000, maxRetryMs: 3000 })
  loop.request()
  for (const retryMs of [1000, 2000, 3000, 3000]) {
    runs.at(-1)?.fail()
    await settle()
    expect(retries.at(-1)).toBe(retryMs)
    const started = runs.length
    await vi.advanceTimersByTimeAsync(Math.max(retryMs, 2000) - 1)
    expect(runs).toHaveLength(started)
    await vi.advanceTimersByTimeAsync(1)
    expect(runs).toHaveLength(started + 1)
  }
})
