import fc from 'fast-check'
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { families } from '../../src/net/family.ts'
import { randomSetting } from '../packets/random.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { inconsistencies } from '../support/consistency.ts'
import { lastOfEach, randomClusterNode, randomService } from '../packets/random-services.ts'

test.each(globSync('golden/*/iptables-*.rules').sort())('%s fits together', (file) => {
  expect(inconsistencies(readFileSync(file, 'utf8'))).toEqual([])
})

test('the rules of any cluster fit together', () => {
  fc.assert(
    fc.property(
      fc.array(randomService, { maxLength: 8, size: 'max' }),
      randomSetting,
      fc.constantFrom(...families),
      (services, { setting }, family) => {
        const cluster = clusterOfObjects([randomClusterNode, ...lastOfEach(services)])
        const ruleset = new IptablesRuleset(cluster, { family, nodeName: 'node-1', ...setting })
        expect(inconsistencies(ruleset.render())).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

const declared = ':KUBE-SERVICES - [0:0]\n:KUBE-SVC-A - [0:0]\n'
const dispatch = '-A KUBE-SERVICES -j KUBE-SVC-A\n'
const spread = '-A KUBE-SVC-A -j DNAT --to-destination 10.0.0.1:80\n'

test.each([
  { name: 'all is well', lines: declared + dispatch + spread, want: [] },
  {
    name: 'a target',
    lines: declared + dispatch + spread + '-A KUBE-SVC-A -j KUBE-SEP-B\n',
    want: ['KUBE-SEP-B is jumped to but not declared'],
  },
  {
    name: 'an unknown target',
    lines: `${declared + dispatch + spread}-A KUBE-SVC-A -j DRPO\n`,
    want: ['DRPO is jumped to but not declared'],
  },
  {
    name: 'a chain',
    lines: ':KUBE-SERVICES - [0:0]\n-A KUBE-SVC-A -j ACCEPT\n',
    want: ['KUBE-SVC-A has rules but is not declared'],
  },
  { name: 'a jump', lines: declared + spread, want: ['nothing leads to KUBE-SVC-A'] },
  { name: 'rules', lines: declared + dispatch, want: ['KUBE-SVC-A is empty'] },
  {
    name: 'a chain too many',
    lines: `${declared}:KUBE-SVC-A - [0:0]\n${dispatch}${spread}`,
    want: ['KUBE-SVC-A is declared twice'],
  },
])('missing: $name', ({ lines, want }) => {
  expect(inconsistencies(`*nat\n${lines}COMMIT\n`)).toEqual(want.map((fault) => `*nat: ${fault}`))
})
