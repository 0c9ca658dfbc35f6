import { describe, expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { PacketWalk } from '../../src/backends/iptables/walk/packet-walk.ts'
import { families } from '../../src/net/family.ts'
import { fateText, sortedWant } from '../packets/fate-text.ts'
import { clusterObjects, nodeAddresses, rulesetOptions, settings } from '../packets/settings.ts'
import { rowsOf } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { rulesInEmptyKernel } from '../support/kernel-rules.ts'

describe.each(settings)('$name', (setting) => {
  const cluster = clusterOfObjects(clusterObjects(setting))
  describe.each(families)('%s', (family) => {
    const ruleset = new IptablesRuleset(cluster, rulesetOptions(setting, family))
    ruleset.localAddresses = nodeAddresses(setting, family)
    const walk = new PacketWalk(rulesInEmptyKernel(ruleset), nodeAddresses(setting, family))
    test.each(rowsOf(setting, family))('%s', (_, { packet, want }) => {
      expect(fateText(walk.fatesOf(packet), family)).toBe(sortedWant(want))
    })
  })
})
