import { expect, test } from 'vitest'
import { searchList } from '../../src/dns/search-list.ts'
import type { Pod } from '../../src/model/pod.ts'

const pod: Pod = {
  kind: 'Pod',
  namespace: 'web',
  name: 'p',
  uid: '',
  deleting: false,
  phase: 'Running',
  podIps: [],
  nameservers: [],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  searches: [],
}
const cluster = ['web.svc.cluster.local', 'svc.cluster.local', 'cluster.local']

const lists: readonly { name: string; pod: Pod | { namespace: string }; search: readonly string[]; ndots: number }[] = [
  { name: 'a namespace alone', pod: { namespace: 'web' }, search: cluster, ndots: 5 },
  { name: 'ClusterFirst', pod, search: cluster, ndots: 5 },
  { name: 'ClusterFirst on the host network means Default', pod: { ...pod, hostNetwork: true }, search: [], ndots: 1 },
  {
    name: 'ClusterFirstWithHostNet',
    pod: { ...pod, hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    search: cluster,
    ndots: 5,
  },
  { name: 'Default', pod: { ...pod, dnsPolicy: 'Default' }, search: [], ndots: 1 },
  {
    name: 'None has only its dnsConfig',
    pod: { ...pod, dnsPolicy: 'None', searches: ['a.example.'], ndots: 2 },
    search: ['a.example'],
    ndots: 2,
  },
  {
    name: 'dnsConfig comes last, once',
    pod: { ...pod, searches: ['cluster.local', 'b.example'], ndots: 1 },
    search: [...cluster, 'b.example'],
    ndots: 1,
  },
  {
    name: 'entries over 253 characters are dropped',
    pod: { ...pod, searches: ['x.'.repeat(128), 'c.example'] },
    search: [...cluster, 'c.example'],
    ndots: 5,
  },
]

test.each(lists)('$name', ({ pod: asking, search, ndots }) => {
  expect(searchList(asking, 'cluster.local')).toEqual({ search, ndots })
})

/** What the kubelet takes from the resolv.conf of the node. */
const node = { search: ['corp.example.', 'cluster.local'], ndots: 2 }

test.each([
  { name: 'ClusterFirst adds its elements, without its ndots', pod, search: [...cluster, 'corp.example'], ndots: 5 },
  {
    name: 'and the pod adds its own behind them',
    pod: { ...pod, searches: ['a.example', 'corp.example'] },
    search: [...cluster, 'corp.example', 'a.example'],
    ndots: 5,
  },
  {
    name: 'Default is that of the node, ndots too',
    pod: { ...pod, dnsPolicy: 'Default' as const },
    search: ['corp.example', 'cluster.local'],
    ndots: 2,
  },
  {
    name: 'on the host network too',
    pod: { ...pod, hostNetwork: true, ndots: 3 },
    search: ['corp.example', 'cluster.local'],
    ndots: 3,
  },
  { name: 'None has nothing of it', pod: { ...pod, dnsPolicy: 'None' as const }, search: [], ndots: 1 },
])('with the list of the node: $name', ({ pod: asking, search, ndots }) => {
  expect(searchList(asking, 'cluster.local', node)).toEqual({ search, ndots })
})

test('32 entries and 2048 characters are kept, the end is cut', () => {
  const many = Array.from({ length: 40 }, (_, i) => `d${i}.example`)
  expect(searchList({ ...pod, searches: many }, 'cluster.local').search).toEqual([...cluster, ...many.slice(0, 29)])
  const long = Array.from({ length: 12 }, (_, i) => `${i}${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.example`)
  const kept = searchList({ ...pod, searches: long }, 'cluster.local').search
  expect(kept.join(' ').length).toBeLessThanOrEqual(2048)
  expect([...kept, long[kept.length - 3]].join(' ').length).toBeGreaterThan(2048)
})
