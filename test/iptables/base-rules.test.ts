import { describe, expect, test } from 'vitest'
import { readIptablesBase, type BaseOptions } from '../../src/agent/iptables-base.ts'
import { parseBaseRules } from '../../src/xtables/base-rules.ts'
import { counterNames } from '../../src/backends/iptables/counter.ts'
import { families } from '../../src/net/family.ts'

const rulesOf = (chain: string, options: BaseOptions = {}) =>
  readIptablesBase('IPv4', options)
    .filter.after.filter((rule) => rule.chain === chain)
    .map(({ spec }) => spec)

describe('packets that conntrack cannot place', () => {
  const invalid = '-m conntrack --ctstate INVALID'
  test.each([
    { name: 'are dropped', kernel: { counters: [], dropInvalid: true }, want: [`${invalid} -j DROP`] },
    {
      name: 'are dropped and counted',
      kernel: { counters: counterNames, dropInvalid: true },
      want: [`${invalid} -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP`],
    },
    {
      name: 'are dropped, where the kernel has the other counter alone',
      kernel: { counters: ['localhost_nps_accepted_pkts'], dropInvalid: true },
      want: [`${invalid} -j DROP`],
    },
    { name: 'pass where conntrack is liberal', kernel: { counters: [], dropInvalid: false }, want: [] },
    { name: 'pass and are not counted', kernel: { counters: counterNames, dropInvalid: false }, want: [] },
  ] as const)('$name', ({ kernel, want }) => {
    const [mark, established] = rulesOf('KUBE-FORWARD').slice(1)
    expect(rulesOf('KUBE-FORWARD', { kernel })).toEqual([...want, mark, established])
  })
})

test('masquerading spreads source ports at random, and asks for the mark', () => {
  const { before } = readIptablesBase('IPv4').nat
  expect(before.filter(({ chain }) => chain === 'KUBE-POSTROUTING').map(({ spec }) => spec)).toEqual([
    '-m mark ! --mark 0x00004000/0x00004000 -j RETURN',
    '-j MARK --xor-mark 0x00004000',
    '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  ])
})

test.each(families)('of mangle %s has the canary and nothing else', (family) => {
  const { mangle } = readIptablesBase(family)
  const nothing = { before: [], after: [], inserted: [], sharedChains: [] }
  expect(mangle).toEqual({ ...nothing, chains: ['KUBE-PROXY-CANARY'] })
})

test.each([
  ['*security', 1],
  ['*nat\nnonsense', 2],
  ['-A INPUT -j ACCEPT', 1],
  ['*nat\nCOMMIT\n:KUBE-SERVICES ACCEPT', 3],
  ['*nat\n-I', 2],
])('a line that is none of its forms is named: %j', (text, line) => {
  expect(() => parseBaseRules(text)).toThrow(`Cannot read base rules, line ${line}: unexpected "`)
})
