import { describe, expect, test } from 'vitest'
import { families } from '../../src/net/family.ts'
import { fateText, sortedWant } from '../packets/fate-text.ts'
import { clusterObjects, nodeAddresses, rulesetOptions, settings } from '../packets/settings.ts'
import { rowsOf } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { planWalk } from '../support/planned.ts'

describe.each(settings)('$name', (setting) => {
  const cluster = clusterOfObjects(clusterObjects(setting))
  describe.each(families)('%s', (family) => {
    const walk = planWalk(cluster, rulesetOptions(setting, family), nodeAddresses(setting, family))
    test.each(rowsOf(setting, family))('%s', (_, { packet, want }) => {
      expect(fateText(walk(packet), family)).toBe(sortedWant(want))
    })
  })
})
