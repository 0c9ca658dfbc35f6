import { expect, vi } from 'vitest'

/** Asks again and again until the answer is this; fails with how the last one differed after so many milliseconds. */
export async function until<T>(ask: () => Promise<T>, wanted: T, timeout = 30_000): Promise<void> {
  await vi.waitFor(async () => expect(await ask()).toEqual(wanted), { timeout, interval: 100 })
}
