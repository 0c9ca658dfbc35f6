import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diffAddresses } from '../../src/backends/ipvs/address-diff.ts'
import { parseSavedAddresses } from '../../src/backends/ipvs/saved-addresses.ts'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'
import { parseSavedSets } from '../../src/backends/ipvs/saved-sets.ts'
import { diffServers, serverRemovalLines, serverUpdateLines } from '../../src/backends/ipvs/server-diff.ts'
import { diffSets } from '../../src/backends/ipvs/set-diff.ts'
import { bootUml, type UmlMachine } from '../../src/host/lab/uml/uml-machine.ts'
import { familyOf, parseAddress } from '../../src/net/address.ts'
import { families, type Family } from '../../src/net/family.ts'
import { requireUmlTools } from './requirements.ts'

const script = resolve('test/uml/load-golden.sh')

let machine: UmlMachine
beforeAll(async () => {
  requireUmlTools()
  machine = await bootUml()
}, 60_000)
afterAll(() => machine?.[Symbol.asyncDispose]())

describe.each(readdirSync('golden'))('%s', (name) => {
  test('the real kernel takes every document, and nothing of what it then has differs', async () => {
    const golden = (document: string) => readFileSync(`golden/${name}/${document}`, 'utf8')
    const kernel = await load(name)
    for (const family of families) {
      const wanted = parseSavedServers(golden('ipvs.ipvsadm'), family)
      const servers = diffServers(parseSavedServers(kernel.get('servers') ?? '', family), wanted, () => true)
      expect([...serverUpdateLines(servers), ...serverRemovalLines(servers)]).toEqual([])
      const sets = parseSavedSets(golden('ipvs.ipset'), family)
      expect(diffSets(parseSavedSets(kernel.get('sets') ?? '', family), sets)).toEqual({
        created: [],
        added: [],
        removed: [],
      })
      const { bound } = parseSavedAddresses(kernel.get('addresses') ?? '', family)
      expect(diffAddresses(bound, addressesIn(golden('ipvs.addresses'), family))).toEqual({
        additions: [],
        removals: [],
      })
      const rules = golden(`ipvs-${family.toLowerCase()}.rules`)
      expect(chainSizes(kernel.get(`rules ${family}`) ?? '')).toEqual(chainSizes(rules))
    }
  })
})

/** Loads the documents of a golden directory in a network namespace of their own; what the kernel then has, by tool. */
async function load(name: string): Promise<ReadonlyMap<string, string>> {
  const child = machine.spawn('unshare', ['--net', 'sh', script, resolve('golden', name)])
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(stderr).toBe('')
  const parts = stdout.split(/^# (servers|sets|addresses|rules IPv.)\n/m).slice(1)
  return new Map(parts.flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 1] ?? ''] as const] : [])))
}

function addressesIn(document: string, family: Family): ReadonlySet<string> {
  const words = document.split('\n').map((line) => line.split(/[ /]/)[2] ?? '')
  return new Set(words.flatMap((word) => parseAddress(word) ?? []).filter((address) => familyOf(address) === family))
}

/** How many rules each chain of ours has: `nat KUBE-SERVICES 7`. */
function chainSizes(rules: string): readonly string[] {
  return rules
    .split(/^(?=\*)/m)
    .flatMap((table) => {
      const [, name = ''] = /^\*(\w+)/.exec(table) ?? []
      const chains = [...table.matchAll(/^:(KUBE-\S+)/gm)].map(([, chain = '']) => chain).toSorted()
      return chains.map((chain) => `${name} ${chain} ${table.match(new RegExp(`^-A ${chain} `, 'gm'))?.length ?? 0}`)
    })
    .toSorted()
}
