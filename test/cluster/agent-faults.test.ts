import { randomInt } from 'node:crypto'
import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Shop } from './shop.ts'

const shop = new Shop()

/** Milliseconds for a test; machines are shared and slow at times. */
const patience = 600_000

const dayMs = 86_400_000

/** What the first agent left goes on; the next one is not asked for names. */
const noNames = { names: [] }

test(
  'the clock of the node jumps, a day ahead and two back',
  async () => {
    // The library of Debian's package faketime.
    const [library = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
    const clock = join(shop.cluster.parts.directory, 'clock')
    await writeFile(clock, '+0')
    await shop.agent?.end('SIGKILL')
    // Linux has clocks that nobody can set, and timers go by those.
    const settings = { FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
    const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clock, ...settings }
    shop.agent = await shop.answering({ env })
    await shop.serves(async () => {
      for (const days of [1, -1, 0]) {
        await writeFile(clock, `${days < 0 ? '' : '+'}${days}d`)
        await shop.change()
        await shop.agent?.line(
          ({ time }) => Math.abs(Date.parse(String(time)) - Date.now() - days * dayMs) < dayMs / 24,
        )
        await shop.agreed()
      }
    })
  },
  patience,
)

test(
  'an agent that starts without an API server leaves the rules as they are, until there is one',
  async () => {
    const { gate } = shop.cluster.parts
    await shop.agent?.end('SIGKILL')
    await shop.serves(async () => {
      gate.cut()
      shop.agent = shop.cluster.run()
      // It has had time to do without.
      await shop.says('is not complete')
      await shop.change()
      gate.open()
    }, noNames)
  },
  patience,
)

test(
  'SIGKILL at random moments of churn, 20 times: nothing that was served fails, and the next agent completes it',
  async () => {
    const moments: number[] = []
    const killed = async () => {
      const moment = randomInt(2500)
      moments.push(moment)
      await Promise.all([shop.change(), delay(moment).then(() => shop.agent?.end('SIGKILL'))])
      shop.agent = shop.cluster.run()
    }
    try {
      for (let round = 0; round < 4; round++) {
        await shop.serves(async () => {
          for (let kill = 0; kill < 5; kill++) await killed()
          await shop.says('answering DNS')
        }, noNames)
      }
    } catch (error) {
      throw new Error(`killed after ${moments.join(', ')} ms`, { cause: error })
    }
  },
  patience,
)

test(
  'one agent follows another without the loss of a connection or a query',
  async () => {
    await shop.serves(async () => {
      for (const workers of [2, 1, 3, 1]) {
        const next = await shop.answering({ args: ['--dns-workers', String(workers)] })
        await shop.change()
        expect(await shop.agent?.end('SIGTERM')).toBe(0)
        shop.agent = next
      }
    })
  },
  patience,
)
