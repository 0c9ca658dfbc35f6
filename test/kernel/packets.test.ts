import { beforeAll, describe, expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { iptablesTool } from '../../src/agent/iptables-tool.ts'
import { PacketWalk } from '../../src/backends/iptables/packet-walk.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Variant } from '../../src/backends/iptables/variant.ts'
import { families, type Family } from '../../src/net/family.ts'
import { fateText, sortedWant } from '../packets/fate-text.ts'
import { clusterObjects, nodeAddresses, rulesetOptions, settings } from '../packets/settings.ts'
import { rowsOf } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { firstSync } from '../support/kernel-rules.ts'
import { createNamespace } from '../support/namespace.ts'
import { requireKernelTools, variants } from './requirements.ts'

beforeAll(requireKernelTools)

/** What `iptables-save` prints of a kernel that was empty before. */
async function savedAfterFirstSync(ruleset: IptablesRuleset, family: Family, variant: Variant): Promise<string> {
  await using namespace = await createNamespace()
  const tool = iptablesTool(namespace.run, family, variant)
  await tool.restore(firstSync(ruleset))
  return tool.save()
}

describe.each(variants)('iptables-%s', (variant) => {
  describe.each(settings)('$name', (setting) => {
    test.each(families)('packets go through the rules that the kernel prints as the table says, %s', async (family) => {
      const addresses = nodeAddresses(setting, family)
      const ruleset = new IptablesRuleset(clusterOfObjects(clusterObjects(setting)), rulesetOptions(setting, family))
      ruleset.localAddresses = addresses
      const saved = await savedAfterFirstSync(ruleset, family, variant)
      const walk = new PacketWalk(parseSavedRules(saved), addresses)
      const rows = rowsOf(setting.name, family)
      expect(rows.map(([name, { packet }]) => `${name} = ${fateText(walk.fatesOf(packet), family)}`)).toEqual(
        rows.map(([name, { want }]) => `${name} = ${sortedWant(want)}`),
      )
    })
  })
})
