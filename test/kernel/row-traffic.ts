import { expect } from 'vitest'
import type { Attempts } from '../../src/host/lab/peer-client.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import type { Row } from '../packets/table.ts'
import { chiSquare, chiSquareBound } from '../support/chi-square.ts'

/** What a row of the packet table says of one of the ways that its packets go. */
interface WantedFate {
  readonly share: number
  /** `here`, or `reject`, `drop`, `untouched`. */
  readonly outcome: string
  readonly masqueraded: boolean
}

/** So many for each of two endpoints miss one of them once in 10^12 runs; of more, so many tell their shares too. */
const [perEndpoint, perShare] = [20, 150]

/** The connections that show what becomes of the packets of a row. */
export function attemptsOf({ packet, want }: Row): Attempts {
  const [{ outcome } = { outcome: '' }, ...others] = wantedFates(want)
  const single = outcome === 'reject' || outcome === 'drop' ? 1 : 3
  const several = (others.length + 1) * (others.length > 1 ? perShare : perEndpoint)
  return {
    protocol: packet.protocol === 'UDP' ? 'udp' : 'tcp',
    address: packet.destination,
    port: packet.port,
    source: packet.source,
    count: others.length === 0 ? single : several,
    concurrency: others.length > 1 ? 16 : 4,
    // Nobody answers what is dropped; whatever else takes long does so because the machine is busy.
    timeout: outcome === 'drop' ? 500 : 4000,
  }
}

/** The same where endpoints take turns, in a slow kernel: two rounds of them. */
export function turnsOf(row: Row): Attempts {
  const turns = 2 * Math.max(2, wantedFates(row.want).length)
  const isOne = row.want === 'reject' || row.want === 'drop'
  const timeout = row.want === 'drop' ? 1500 : 10_000
  return { ...attemptsOf(row), count: isOne ? 1 : turns, concurrency: 1, timeout }
}

/** Holds what came of so many connections against the row. */
export function expectFates(
  row: Row,
  summary: Summary,
  nodeAddresses: readonly string[],
  { count } = attemptsOf(row),
): void {
  const { packet, want } = row
  const fates = wantedFates(want)
  const { seenBy, refused, timeouts, errors } = summary
  const outcome = fates[0]?.outcome
  if (outcome === 'reject' || outcome === 'drop') {
    const [isRefused, isDropped] = [outcome === 'reject', outcome === 'drop']
    expect({ seenBy, refused, timeouts, errors }).toEqual({
      seenBy: {},
      refused: isRefused ? count : 0,
      timeouts: isDropped ? count : 0,
      errors: {},
    })
    return
  }
  expect({ refused, timeouts, errors }).toEqual({ refused: 0, timeouts: 0, errors: {} })
  const names = fates.map((fate) => (fate.outcome === 'untouched' ? receiverOf(row, nodeAddresses) : fate.outcome))
  expect(Object.keys(seenBy).sort()).toEqual(names.toSorted())
  for (const [i, name] of names.entries()) {
    // Which of its addresses the node takes is a matter of its routes.
    const mayBe = fates[i]?.masqueraded === true ? nodeAddresses : [packet.source]
    expect(Object.keys(seenBy[name] ?? {}).filter((client) => !mayBe.includes(client))).toEqual([])
  }
  const seen = names.map((name) => total(seenBy[name]))
  expect(seen.reduce((a, b) => a + b)).toBe(count)
  const expected = fates.map(({ share }) => share * count)
  expect(chiSquare(seen, expected)).toBeLessThanOrEqual(chiSquareBound[seen.length] ?? 0)
}

/** Who gets what the node leaves as it is. */
function receiverOf({ packet }: Row, nodeAddresses: readonly string[]): string {
  const local = [...nodeAddresses, '127.0.0.1', '::1']
  return local.includes(packet.destination) ? 'node' : 'outside'
}

/** Takes `1/2 here M, 1/2 there:8053` apart; the port is the server's own business. */
function wantedFates(want: string): readonly WantedFate[] {
  return want.split(', ').map((text) => {
    const [, over = '1', under = '1', outcome = '', mark] = /^(?:(\d+)\/(\d+) )?(\w+)(?::\d+)?( M)?$/.exec(text) ?? []
    return { share: Number(over) / Number(under), outcome, masqueraded: mark !== undefined }
  })
}

function total(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((a, b) => a + b, 0)
}
