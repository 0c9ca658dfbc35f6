import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { probability } from '../../src/backends/iptables/probability.ts'
import { clusterOfObjects } from '../support/cluster.ts'

/** A share as an exact fraction. */
interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

test('every endpoint of a service gets exactly 1/n of its connections', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), (endpoints) => {
      const shares = sharesOf(serviceChain(endpoints))
      expect(shares).toHaveLength(endpoints)
      for (const { over, under } of shares) expect(over * BigInt(endpoints)).toBe(under)
    }),
    { numRuns: 60 },
  )
})

// Values printed by Go's %0.10f.
test.each([
  [1, '1.0000000000'],
  [3, '0.3333333333'],
  [7, '0.1428571429'],
  [2048, '0.0004882812'],
  [100001, '0.0000099999'],
])('1/%i is written %s', (remaining, text) => {
  expect(probability(remaining)).toBe(text)
})

test('the fewer are left, the larger the share, in every digit', () => {
  const texts = Array.from({ length: 100_000 }, (_, i) => probability(i + 1))
  expect(texts.filter((text, i) => i > 0 && !(text < (texts[i - 1] ?? '')))).toEqual([])
})

function serviceChain(endpoints: number): readonly string[] {
  const state = clusterOfObjects([
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'cart' },
      spec: { clusterIP: '10.96.7.20', ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'shop', name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080 }],
      endpoints: Array.from({ length: endpoints }, (_, i) => ({ addresses: [`10.244.${i >> 8}.${i & 255}`] })),
    },
  ])
  const options = {
    family: 'IPv4',
    nodeName: '',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
  } as const
  const text = new IptablesRuleset(state, options).render()
  return text.split('\n').filter((line) => line.startsWith('-A KUBE-SVC-'))
}

/** What fraction of all connections each rule takes, the rules before it having had theirs. */
function sharesOf(rules: readonly string[]): readonly Fraction[] {
  let left: Fraction = { over: 1n, under: 1n }
  return rules.map((rule) => {
    const text = / --probability (\S+)/.exec(rule)?.[1]
    const inverse = text === undefined ? 1 : Math.round(1 / Number(text))
    // The text stands for 1/k and nothing else.
    if (text !== undefined) expect(probability(inverse)).toBe(text)
    const k = BigInt(inverse)
    const share = { over: left.over, under: left.under * k }
    left = { over: left.over * (k - 1n), under: left.under * k }
    return share
  })
}
