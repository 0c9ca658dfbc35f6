import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseSavedRules, type SavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { parseServiceRule } from '../../src/backends/iptables/causes/service-rule.ts'
import { tables } from '../../src/xtables/rule.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

let namespace: Namespace
beforeAll(async () => {
  namespace = await createNamespace()
})
afterAll(() => namespace[Symbol.asyncDispose]())

test.each(readdirSync('golden'))(
  '%s: every rule of a service has its form, as sent and as the kernels print it',
  async (name) => {
    for (const [family, tool] of [
      ['ipv4', 'iptables'],
      ['ipv6', 'ip6tables'],
    ] as const) {
      const sent = readFileSync(`golden/${name}/iptables-${family}.rules`, 'utf8')
      const forms = formsOf(parseSavedRules(sent))
      for (const variant of ['nft', 'legacy']) {
        await namespace.run(`${tool}-${variant}-restore`, [], sent)
        const printed = parseSavedRules(await namespace.run(`${tool}-${variant}-save`, []))
        expect(formsOf(printed)).toEqual(forms)
      }
    }
  },
  30_000,
)

test('no rule of a service is without a form, and no other has one', () => {
  const base = /^KUBE-FORWARD|^KUBE-FIREWALL|^KUBE-POSTROUTING|^KUBE-MARK-MASQ|kubernetes service nodeports/
  const documents = readdirSync('golden').flatMap((name) =>
    ['ipv4', 'ipv6'].map((family) => readFileSync(`golden/${name}/iptables-${family}.rules`, 'utf8')),
  )
  const rules = documents.flatMap((document) => rulesOf(parseSavedRules(document)))
  expect(rules.length).toBeGreaterThan(500)
  const wrong = rules.filter(({ table, chain, spec }) => {
    const isBase = base.test(`${chain} ${spec}`)
    return (parseServiceRule(table, chain, spec) === undefined) !== isBase
  })
  expect(wrong).toEqual([])
})

function rulesOf(saved: SavedRules) {
  return tables.flatMap((table) =>
    [...saved[table]].flatMap(([chain, specs]) => specs.map((spec) => ({ table, chain, spec }))),
  )
}

/** For each chain the forms of its rules, in their order; chains sorted, since kernels print them in theirs. */
function formsOf(saved: SavedRules): readonly string[] {
  const chains = Map.groupBy(rulesOf(saved), ({ table, chain }) => `${table} ${chain}`)
  const forms = [...chains].map(([place, rules]) => {
    const parsed = rules.map(({ table, chain, spec }) => parseServiceRule(table, chain, spec))
    return [place, ...parsed.map((rule) => `${rule?.form ?? 'none'} ${rule?.portName ?? ''}`)].join(', ')
  })
  return forms.sort()
}

const clusterIp =
  '-d 10.96.7.20/32 -p tcp -m comment --comment "shop/cart:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-A'
const balanced =
  '-m comment --comment "shop/cart:http -> 10.244.1.9:8080" -m statistic --mode random --probability 0.5 -j KUBE-SEP-A'

test.each([
  ['nat', 'KUBE-SERVICES', clusterIp, 'cluster IP'],
  ['nat', 'KUBE-SERVICES', clusterIp.replace('SVC', 'SVL'), 'cluster IP'],
  ['nat', 'KUBE-SVC-A', balanced, 'endpoint'],
  // The comment tells nothing where the chain is the port's own.
  ['nat', 'KUBE-SVC-A', balanced.replace('->', 'to'), 'endpoint'],
  // Counts what reaches node ports on localhost.
  [
    'nat',
    'KUBE-NODEPORTS',
    '-m comment --comment shop/web:https -m tcp -p tcp -d 127.0.0.0/8 --dport 31443 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-A',
    'node port',
  ],
] as const)('%s %s %s is of the form %s', (table, chain, spec, form) => {
  expect(parseServiceRule(table, chain, spec)?.form).toBe(form)
})

// Each of these is somebody else's.
test.each([
  ['one match more', 'nat', 'KUBE-SERVICES', `-s 10.0.0.1/32 ${clusterIp}`],
  ['a module more', 'nat', 'KUBE-SERVICES', `-m socket ${clusterIp}`],
  ['a match less', 'nat', 'KUBE-SERVICES', clusterIp.replace('--dport 80 ', '')],
  ['a negation', 'nat', 'KUBE-SERVICES', clusterIp.replace('-d', '! -d')],
  ['another target', 'nat', 'KUBE-SERVICES', clusterIp.replace('KUBE-SVC-A', 'ACCEPT')],
  ['another chain', 'nat', 'KUBE-NODEPORTS', clusterIp],
  ['another table', 'filter', 'KUBE-SERVICES', clusterIp],
  ['another comment', 'nat', 'KUBE-SERVICES', clusterIp.replace('cluster IP', 'IP of the cluster')],
  ['no comment', 'nat', 'KUBE-SERVICES', clusterIp.replace(/-m comment --comment ".*?" /, '')],
  ['no name in it', 'nat', 'KUBE-SERVICES', clusterIp.replace('shop/cart:http', 'cart')],
  ['a rule of the base', 'nat', 'KUBE-MARK-MASQ', '-j MARK --or-mark 0x00004000'],
  ['another mode', 'nat', 'KUBE-SVC-A', balanced.replace('random --probability 0.5', 'nth --every 2')],
  ['a target of another kind', 'nat', 'KUBE-SVC-A', balanced.replace('SEP', 'EXT')],
  ['a log', 'nat', 'KUBE-SEP-A', '-j LOG'],
  ['nothing at all', 'nat', 'KUBE-SEP-A', ''],
] as const)('%s makes it none of ours', (_, table, chain, spec) => {
  expect(parseServiceRule(table, chain, spec)).toBeUndefined()
})
