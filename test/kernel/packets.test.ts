import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { iptablesTool } from '../../src/agent/iptables-tool.ts'
import { PacketWalk } from '../../src/backends/iptables/walk/packet-walk.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Variant } from '../../src/backends/iptables/variant.ts'
import { families, type Family } from '../../src/net/family.ts'
import { fateText, sortedWant } from '../packets/fate-text.ts'
import { packetFor, randomNodeAddresses, randomPacket, randomSetting } from '../packets/random.ts'
import { clusterObjects, nodeAddresses, rulesetOptions, settings } from '../packets/settings.ts'
import { rowsOf } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { firstSync } from '../support/kernel-rules.ts'
import { createNamespace } from '../support/namespace.ts'
import { plansOf, planWalk } from '../support/planned.ts'
import { lastOfEach, randomClusterNode, randomService } from '../packets/random-services.ts'
import { requireKernelTools, variants } from './requirements.ts'

beforeAll(requireKernelTools)

/** What `iptables-save` prints after this document, of a kernel that was empty before. */
async function savedAfter(document: string, family: Family, variant: Variant): Promise<string> {
  await using namespace = await createNamespace()
  const tool = iptablesTool(namespace.run, family, variant)
  await tool.restore(document)
  // Awaited here: at the end of this block the namespace goes.
  return await tool.save()
}

describe.each(variants)('iptables-%s', (variant) => {
  describe.each(settings)('$name', (setting) => {
    test.each(families)('packets go through the rules that the kernel prints as the table says, %s', async (family) => {
      const addresses = nodeAddresses(setting, family)
      const ruleset = new IptablesRuleset(clusterOfObjects(clusterObjects(setting)), rulesetOptions(setting, family))
      ruleset.localAddresses = addresses
      const document = firstSync(ruleset)
      const saved = await savedAfter(document, family, variant)
      expect(ruleCounts(saved)).toEqual(ruleCounts(document))
      const walk = new PacketWalk(parseSavedRules(saved), addresses)
      const rows = rowsOf(setting, family)
      expect(rows.map(([name, { packet }]) => `${name} = ${fateText(walk.fatesOf(packet), family)}`)).toEqual(
        rows.map(([name, { want }]) => `${name} = ${sortedWant(want)}`),
      )
    })
  })

  test('random packets go through the rules of random clusters as the plan says', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomService, { minLength: 4, maxLength: 8, size: 'max' }),
        randomSetting,
        fc.array(randomPacket, { minLength: 60, maxLength: 60 }),
        fc.constantFrom(...families),
        async (services, { ownsVip, setting }, packets, family) => {
          const cluster = clusterOfObjects([randomClusterNode, ...lastOfEach(services)])
          const options = { family, nodeName: 'node-1', ...setting }
          const addresses = randomNodeAddresses(ownsVip, family)
          const ruleset = new IptablesRuleset(cluster, options)
          ruleset.localAddresses = addresses
          const saved = parseSavedRules(await savedAfter(firstSync(ruleset), family, variant))
          const [planned, rules] = [planWalk(cluster, options, addresses), new PacketWalk(saved, addresses)]
          const plans = plansOf(cluster, options)
          for (const made of packets) {
            const packet = packetFor(plans, family, addresses, made)
            const wanted = fateText(planned(packet), family)
            expect({ packet, fates: fateText(rules.fatesOf(packet), family) }).toEqual({ packet, fates: wanted })
          }
        },
      ),
      { numRuns: 10 },
    )
  })
})

/** How many rules each table has, jumps included. */
function ruleCounts(document: string): Readonly<Record<string, number>> {
  const tables = document.split(/^(?=\*)/m).filter((table) => /^\*(filter|nat)\n/.test(table))
  return Object.fromEntries(
    tables.map((table) => [/^\*(\w+)/.exec(table)?.[1] ?? '', table.match(/^-[AI] /gm)?.length ?? 0]),
  )
}
