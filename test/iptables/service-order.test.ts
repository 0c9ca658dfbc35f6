import { expect, test } from 'vitest'
import { desiredChains, savedChains, type OwnedChain } from '../../src/backends/iptables/owned-rules.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { inServiceOrder } from '../../src/backends/iptables/service-order.ts'
import { rulesetOf } from '../support/changing-cluster.ts'
import { clusterOfObjects } from '../support/cluster.ts'

const port = { name: 'p', protocol: 'TCP', port: 80 }
const desired = rulesetOf(
  clusterOfObjects(
    ['a', 'b', 'c'].flatMap((name, i) => [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'shop', name },
        spec: { clusterIP: `10.96.0.${i + 1}`, externalIPs: [`198.51.100.${i + 1}`], ports: [port] },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [port],
        endpoints: [{ addresses: ['10.244.1.1'] }],
      },
    ]),
  ),
  'IPv4',
).desired()

/** Two rules of each of three ports, then the jump to node ports. */
const wanted =
  desiredChains(desired).find(({ table, chain }) => table === 'nat' && chain === 'KUBE-SERVICES')?.specs ?? []
const [a1 = '', a2 = '', b1 = '', b2 = '', c1 = '', c2 = '', last = ''] = wanted
const foreign = '-s 203.0.113.1/32 -j DROP'

test.each([
  { name: 'ports in another order are put in ours', saved: [c1, c2, a1, a2, b1, b2, last], want: wanted },
  { name: 'rules of ports mixed', saved: [c1, a1, b1, c2, a2, b2, last], want: wanted },
  {
    name: 'the rules of one port stay in their order',
    saved: [b2, b1, a1, a2, c1, c2, last],
    want: [a1, a2, b2, b1, c1, c2, last],
  },
  {
    name: 'a rule of somebody else stays in its place',
    saved: [foreign, c1, c2, a1, a2, b1, b2, last],
    want: [foreign, ...wanted],
  },
  {
    name: 'a rule of nobody stays in its place',
    saved: [last, c1, c2, a1, a2, b1, b2],
    want: [last, a1, a2, b1, b2, c1, c2],
  },
  { name: 'what is missing is missing', saved: [c1, c2, a2, last], want: [a2, c1, c2, last] },
  { name: 'what is doubled is doubled', saved: [c1, c1, a1, last], want: [a1, c1, c1, last] },
])('$name', ({ saved, want }) => {
  const text = `*nat\n:KUBE-SERVICES - [0:0]\n${saved.map((spec) => `-A KUBE-SERVICES ${spec}\n`).join('')}COMMIT\n`
  const chains = inServiceOrder(savedChains(desired, parseSavedRules(text)), desiredChains(desired))
  const ours = chains.find(({ table, chain }) => table === 'nat' && chain === 'KUBE-SERVICES')
  expect(ours?.specs).toEqual(want)
  expect(ours?.lines.map((line) => line.text)).toEqual([
    ':KUBE-SERVICES - [0:0]',
    ...want.map((spec) => `-A KUBE-SERVICES ${spec}`),
  ])
})

const first = '-d 192.0.2.7/32 -j KUBE-NODEPORTS'
const second = '-d 127.0.0.1/32 -j KUBE-NODEPORTS'

test('jumps to node ports, one for each address, are put in our order, and stay behind or before the rules of ports', () => {
  const saved = servicesChain([second, b1, b2, first, a1])
  const [chain] = inServiceOrder([saved], [servicesChain([...wanted.slice(0, 6), first, second])])
  expect(chain?.specs).toEqual([first, a1, b1, second, b2])
})

function servicesChain(specs: readonly string[]): OwnedChain {
  const lines = ['', ...specs].map((text) => ({ key: text, text }))
  return { table: 'nat', chain: 'KUBE-SERVICES', whole: true, specs, lines }
}
