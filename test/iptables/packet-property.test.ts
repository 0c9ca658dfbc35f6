import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { PacketWalk } from '../../src/backends/iptables/walk/packet-walk.ts'
import { families } from '../../src/net/family.ts'
import type { Fate, Packet } from '../../src/plan/packet.ts'
import { packetFor, randomNodeAddresses, randomPacket, randomSetting } from '../packets/random.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { rulesInEmptyKernel } from '../support/kernel-rules.ts'
import { plansOf, planWalk } from '../support/planned.ts'
import { lastOfEach, randomClusterNode, randomService } from '../packets/random-services.ts'

test('the rules do with every packet what the plan says', { timeout: 120_000 }, () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(
      fc.array(randomService, { minLength: 1, maxLength: 6, size: 'max' }),
      randomSetting,
      fc.array(randomPacket, { minLength: 30, maxLength: 60 }),
      fc.constantFrom(...families),
      (services, { ownsVip, setting }, packets, family) => {
        const cluster = clusterOfObjects([randomClusterNode, ...lastOfEach(services)])
        const options = { family, nodeName: 'node-1', ...setting }
        const addresses = randomNodeAddresses(ownsVip, family)
        const ruleset = new IptablesRuleset(cluster, options)
        ruleset.localAddresses = addresses
        const rules = new PacketWalk(rulesInEmptyKernel(ruleset), addresses)
        const planned = planWalk(cluster, options, addresses)
        const plans = plansOf(cluster, options)
        for (const made of packets) {
          const packet = packetFor(plans, family, addresses, made)
          const wanted = planned(packet)
          expect({ packet, fates: sorted(rules.fatesOf(packet)) }).toEqual({ packet, fates: sorted(wanted) })
          const kind = kindOf(packet, wanted)
          seen.set(kind, (seen.get(kind) ?? 0) + 1)
        }
      },
    ),
    { numRuns: 600 },
  )
  // Whatever can become of a packet did, often enough to mean something.
  expect(kinds.filter((kind) => (seen.get(kind) ?? 0) <= 50)).toEqual([])
})

const kinds = ['arrived', 'sent'].flatMap((way) => [
  ...['pass', 'reject', 'drop', 'pass translated', 'pass translated masqueraded'].map((fate) => `${way}: ${fate}`),
  `${way}: pass translated, pass translated masqueraded`,
])

function sorted(fates: readonly Fate[]): readonly Fate[] {
  return fates.toSorted((a, b) => ((a.target ?? '') < (b.target ?? '') ? -1 : 1))
}

function kindOf({ inInterface }: Packet, fates: readonly Fate[]): string {
  const each = new Set(
    fates.map(({ verdict, target, masqueraded }) =>
      [verdict, target === undefined ? '' : 'translated', masqueraded ? 'masqueraded' : ''].join(' ').trim(),
    ),
  )
  return `${inInterface === undefined ? 'sent' : 'arrived'}: ${[...each].sort().join(', ')}`
}
