import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Zone } from '../../src/dns/zone.ts'
import { options } from './cluster.ts'
import { randomNumbers } from './random.ts'
import { shared, type ReaderReport } from './table-reader.ts'
import { versionedKeys, versionedRecords } from './versioned-services.ts'

const readers = 2
const versions = 1500

test(
  'threads that read while everything changes never see two versions at once, nor an old one after a new one',
  { timeout: 120_000 },
  async () => {
    const control = new SharedArrayBuffer(12)
    const words = new Int32Array(control)
    const threads: Worker[] = []
    let exchanges = 0
    const zone = new Zone(options, {
      seed: [17, 18],
      exchange: async (buffer) => {
        exchanges++
        await Promise.all(
          threads.map(async (thread) => {
            const done = once(thread, 'message')
            // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
            thread.postMessage(buffer)
            await done
          }),
        )
      },
    })
    const random = randomNumbers(3)
    await change(zone, words, 1, 0)
    for (let i = 0; i < readers; i++) {
      threads.push(
        new Worker(new URL('table-reader.ts', import.meta.url), { workerData: { buffer: zone.buffer, control } }),
      )
    }
    await Promise.all(threads.map((thread) => once(thread, 'online')))
    for (let version = 2; version <= versions; version++) {
      await change(zone, words, version, random(50) === 0 ? random(200_000) : 0)
      // Whoever looks from here on must see it.
      Atomics.store(words, shared.seen, version)
      // Lets the threads' messages in.
      if (version % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const reports = threads.map((thread) => once(thread, 'message'))
    Atomics.store(words, shared.over, 1)
    for (const [report] of await Promise.all(reports)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the thread sends it
      const { reads, versions: seen, wrong } = report as ReaderReport
      expect(wrong).toEqual([])
      expect(reads).toBeGreaterThan(200)
      expect(seen).toBeGreaterThan(100)
    }
    expect(exchanges).toBeGreaterThan(20)
    await Promise.all(threads.map((thread) => thread.terminate()))
  },
)

/** Every record of every service says the version; some names come and go besides. */
async function change(zone: Zone, words: Int32Array, version: number, ballast: number): Promise<void> {
  Atomics.store(words, shared.begun, version)
  for (const key of versionedKeys) zone.setService(key, versionedRecords(key, version))
  zone.setService('web/other', version % 3 === 0 ? undefined : versionedRecords('web/other', version))
  zone.putValue('pod 10.244.1.7', Buffer.from(String(version)))
  if (ballast > 0) zone.putValue('ballast', new Uint8Array(ballast))
  zone.serial = version
  zone.synced = true
  await zone.commit()
}
