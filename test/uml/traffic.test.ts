import { afterAll, beforeAll, describe, test } from 'vitest'
import { ipvsDocuments } from '../../src/agent/documents.ts'
import type { Lab } from '../../src/host/lab/lab.ts'
import type { Client } from '../../src/host/lab/peers.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { bootUml, type UmlMachine } from '../../src/host/lab/uml/uml-machine.ts'
import { families } from '../../src/net/family.ts'
import { createPacketLab } from '../kernel/packet-lab.ts'
import { expectFates, turnsOf } from '../kernel/row-traffic.ts'
import { inIpvsMode } from '../packets/ipvs-differences.ts'
import { placeOf } from '../packets/places.ts'
import { clusterObjects, nodeAddresses, rulesetOptions, settings, type Setting } from '../packets/settings.ts'
import { rowsOf, type Row } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { loadIpvs, unloadIpvs } from './ipvs-node.ts'
import { requireUmlTools } from './requirements.ts'

/** Every row that the lab can play: its peers speak TCP and UDP, and its kernel remembers whom the table forgets. */
function playable(setting: Setting): readonly (readonly [string, Row])[] {
  return families
    .flatMap((family) => rowsOf(setting, family).map(([name, row]) => [`${family}: ${name}`, inIpvsMode(row)] as const))
    .filter(([, { to, packet }]) => to !== 'sticky' && packet.protocol !== 'SCTP')
}

function isFailure({ want }: Row): boolean {
  return want === 'drop' || want === 'reject'
}

async function ask(
  client: Client | undefined,
  rows: readonly Row[],
  summaries: Map<Row, Summary | undefined>,
): Promise<void> {
  const came = await client?.connectAll(rows.map(turnsOf))
  for (const [i, row] of rows.entries()) summaries.set(row, came?.[i])
}

describe('real connections through IPVS', () => {
  let machine: UmlMachine
  let lab: Lab
  const clients = new Map<string, Client>()

  beforeAll(async () => {
    requireUmlTools()
    machine = await bootUml()
    lab = await createPacketLab(
      settings.flatMap((setting) => playable(setting).map(([, row]) => row)),
      machine,
    )
    for (const place of ['node', 'client', 'backend1', 'backend5'] as const) clients.set(place, await lab.client(place))
  }, 120_000)
  afterAll(() => machine?.[Symbol.asyncDispose]())

  describe.each(settings)('$name', (setting) => {
    const rows = playable(setting)
    const summaries = new Map<Row, Summary | undefined>()
    beforeAll(async () => {
      const options = { ...rulesetOptions(setting, 'IPv4'), scheduler: 'rr' } as const
      await loadIpvs(lab, ipvsDocuments(clusterOfObjects(clusterObjects(setting)), families, options))
      const [failing, passing] = [isFailure, (row: Row) => !isFailure(row)].map((isOne) =>
        Map.groupBy(rows.map(([, row]) => row).filter(isOne), ({ from }) => from),
      )
      // One sender after the other: endpoints of a virtual server take turns, whoever asks.
      for (const [from, own] of passing ?? []) await ask(clients.get(placeOf(from)), own, summaries)
      // What is to fail comes when nothing else keeps the machine busy, or all would time out.
      for (const [from, own] of failing ?? []) await ask(clients.get(placeOf(from)), own, summaries)
    }, 150_000)
    afterAll(() => unloadIpvs(lab))

    test.each(rows)('%s', (_, row) => {
      const summary = summaries.get(row)
      if (summary === undefined) throw new Error('nobody made the connections of this row')
      expectFates(row, summary, nodeAddresses(setting, row.family), turnsOf(row))
    })
  })
})
