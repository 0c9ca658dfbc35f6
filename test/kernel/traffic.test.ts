import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Variant } from '../../src/backends/iptables/variant.ts'
import type { Lab } from '../../src/host/lab/lab.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { families } from '../../src/net/family.ts'
import { placeOf } from '../packets/places.ts'
import { nodeAddresses, settings, type Setting } from '../packets/settings.ts'
import { rowsOf, type Row } from '../packets/table.ts'
import { applySetting, createPacketLab } from './packet-lab.ts'
import { requireKernelTools, variants } from './requirements.ts'
import { attemptsOf, expectFates } from './row-traffic.ts'

/** Every row that the lab can play: its peers speak TCP and UDP, and its kernel remembers whom the table forgets. */
function playable(setting: Setting): readonly (readonly [string, Row])[] {
  return families
    .flatMap((family) => rowsOf(setting, family).map(([name, row]) => [`${family}: ${name}`, row] as const))
    .filter(([, { to, packet }]) => to !== 'sticky' && packet.protocol !== 'SCTP')
}

/** For the second variant only settings whose rules match by what no other setting's rules do: each takes its seconds. */
const settingsOf: Readonly<Record<Variant, readonly Setting[]>> = {
  nft: settings,
  legacy: settings.filter(({ name }) =>
    ['usual', 'pods by bridge', 'pods by interface prefix', 'node ports in several networks'].includes(name),
  ),
}

describe.each(variants)('real connections through iptables-%s', (variant) => {
  let lab: Lab
  beforeAll(async () => {
    requireKernelTools()
    lab = await createPacketLab(settings.flatMap((setting) => playable(setting).map(([, row]) => row)))
  }, 30_000)
  afterAll(() => lab?.destroy())

  describe.each(settingsOf[variant])('$name', (setting) => {
    const rows = playable(setting)
    const summaries = new Map<Row, Summary | undefined>()
    beforeAll(async () => {
      await applySetting(lab, variant, setting)
      const senders = Map.groupBy(rows, ([, { from }]) => placeOf(from))
      await Promise.all(
        [...senders].map(async ([place, own]) => {
          const came = await lab.connectAll(
            place,
            own.map(([, row]) => attemptsOf(row)),
          )
          for (const [i, [, row]] of own.entries()) summaries.set(row, came[i])
        }),
      )
      // Some seconds, unless hundreds of connections wait for answers that do not come.
    }, 150_000)

    test.each(rows)('%s', (_, row) => {
      const summary = summaries.get(row)
      if (summary === undefined) throw new Error('nobody made the connections of this row')
      expectFates(row, summary, nodeAddresses(setting, row.family))
    })
  })
})
