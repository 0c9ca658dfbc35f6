import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { readIptablesBase } from '../../src/agent/iptables-base.ts'
import { sharedRules } from '../../src/backends/iptables/document.ts'
import { compileService, ownChains, type ServiceFragment } from '../../src/backends/iptables/fragment.ts'
import { desiredChains } from '../../src/backends/iptables/owned-rules.ts'
import { serviceOfShared } from '../../src/backends/iptables/causes/rule-owner.ts'
import { RuleSide } from '../../src/backends/iptables/causes/rule-side.ts'
import { tables } from '../../src/xtables/rule.ts'
import { slicesOf } from '../../src/model/cluster-state.ts'
import { planService } from '../../src/plan/port-plan.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { randomClusterNode, randomService } from '../support/random-cluster.ts'

const base = readIptablesBase('IPv4')

const randomCluster = fc
  .uniqueArray(randomService, { maxLength: 8, selector: ({ key }) => key })
  .map((services) => clusterOfObjects([randomClusterNode, ...services.flatMap(({ objects }) => objects)]))

// What was compiled knows the owner of each rule; rules alone must say the same.
test.each([
  ['with the comments of endpoints', false],
  ['of a large cluster, without them', true],
])(
  'rules %s say whose they are',
  (_, largeCluster) => {
    fc.assert(
      fc.property(randomCluster, (state) => {
        const fragments = compile(state, largeCluster)
        const side = new RuleSide(desiredChains({ base, fragments: [...fragments.values()] }))
        for (const [service, fragment] of fragments) {
          for (const chain of ownChains(fragment).keys())
            expect([chain, side.serviceOfChain(chain)]).toEqual([chain, service])
          for (const table of tables) {
            const rules = sharedRules(fragment, table)
            expect(rules.map(({ chain, spec }) => serviceOfShared(table, chain, spec))).toEqual(
              rules.map(() => service),
            )
          }
        }
      }),
      { numRuns: 100 },
    )
  },
  30_000,
)

test('rules of the base and jumps are of no service', () => {
  for (const table of tables) {
    for (const { chain, spec } of [...base[table].before, ...base[table].after, ...base[table].inserted]) {
      expect(serviceOfShared(table, chain, spec)).toBeUndefined()
    }
  }
})

function compile(state: ClusterStore, largeCluster: boolean): ReadonlyMap<string, ServiceFragment> {
  const node = state.nodes.get('node-1')
  if (node === undefined) throw new Error('every cluster has its node')
  return new Map(
    [...state.services].map(([key, service]) => {
      const plans = planService(service, slicesOf(state, key), 'IPv4', node, state.claims.lostBy(key))
      return [key, compileService(plans, { masqueradeAll: false, largeCluster, countLocalhost: true })] as const
    }),
  )
}
