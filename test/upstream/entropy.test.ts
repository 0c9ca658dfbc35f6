import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { randomPort, readPortRange } from '../../src/host/random-port.ts'
import { Upstream } from '../../src/host/upstream.ts'
import { exchange } from './exchange.ts'
import { fakeServer, replyTo } from './fake-server.ts'

const samples = 4000

/** How many of so many values n random picks meet, on average. */
function expectedDistinct(values: number, picks: number): number {
  return values * (1 - (1 - 1 / values) ** picks)
}

/** Whether about half of the values have each of these bits set: within five times what chance allows. */
function unevenBits(values: readonly number[], bits: number): readonly number[] {
  const allowed = (5 * Math.sqrt(values.length)) / 2
  return Array.from({ length: bits }, (_, bit) => bit).filter((bit) => {
    const set = values.filter((value) => (value >> bit) & 1).length
    return Math.abs(set - values.length / 2) > allowed
  })
}

/** The largest count of one difference between neighbours: a counter has but one, chance some. */
function commonestStep(values: readonly number[]): number {
  const steps = Map.groupBy(
    values.slice(1).map((value, i) => value - (values[i] ?? 0)),
    (step) => step,
  )
  return Math.max(...[...steps.values()].map(({ length }) => length))
}

test(
  'each query has an identifier and a port of its own, that nobody can foresee (CVE-2019-19794)',
  { timeout: 60_000 },
  async () => {
    const ids: number[] = []
    const ports: number[] = []
    await using server = await fakeServer({
      udp: ({ query, from, send }) => {
        ids.push(query.id)
        ports.push(from)
        send(replyTo(query))
      },
    })
    const upstream = new Upstream({ host: '127.0.0.1', port: server.port })
    const worker = async (): Promise<void> => {
      while (ids.length < samples) await exchange(upstream, 'udp', undefined, { readMs: 10_000, totalMs: 10_000 })
    }
    await Promise.all(Array.from({ length: 20 }, worker))
    const { first, last } = readPortRange()
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(first)
    expect(Math.max(...ports)).toBeLessThanOrEqual(last)
    for (const { values, of } of [
      { values: ids, of: 65_536 },
      { values: ports, of: last - first + 1 },
    ]) {
      const distinct = new Set(values).size
      expect(Math.abs(distinct - expectedDistinct(of, values.length))).toBeLessThan(100)
      expect(commonestStep(values)).toBeLessThan(10)
    }
    expect(unevenBits(ids, 16)).toEqual([])
    // The upper bits of a port follow from the range; the lower ten do not.
    expect(unevenBits(ports, 10)).toEqual([])
    // Both together: what a forger has to guess.
    expect(new Set(ids.map((id, i) => id * 65_536 + (ports[i] ?? 0))).size).toBeGreaterThan(ids.length - 3)
  },
)

/** Calls `use` with a folder of settings as in /proc/sys/net/ipv4. */
function withSettings<T>(files: Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-test-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the ports that may be sent from', () => {
  test('are those of the kernel, without the reserved', () => {
    const files = { ip_local_port_range: '40000\\t40009\\n', ip_local_reserved_ports: '8080,40001-40007,40009\\n' }
    const range = withSettings(files, readPortRange)
    expect(new Set(Array.from({ length: 200 }, () => randomPort(range)))).toEqual(new Set([40_000, 40_008]))
  })

  test('are the usual ones where the kernel does not say', () => {
    expect(withSettings({}, readPortRange)).toEqual({ first: 32_768, last: 60_999, reserved: new Set() })
    expect(
      withSettings({ ip_local_port_range: '1024 65535\\n', ip_local_reserved_ports: '\\n' }, readPortRange),
    ).toEqual({
      first: 1024,
      last: 65_535,
      reserved: new Set(),
    })
  })

  test('when all are reserved the kernel may choose', () => {
    expect(randomPort({ first: 5, last: 6, reserved: new Set([5, 6]) })).toBe(0)
  })
})
