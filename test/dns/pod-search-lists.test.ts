import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PodSearchLists } from '../../src/dns/pod-search-lists.ts'
import { keyOf } from '../../src/model/metadata.ts'
import type { Pod } from '../../src/model/pod.ts'

const options = { nodeName: 'node-1', domain: 'cluster.local', node: { search: ['corp.example'], ndots: 2 } }
const front: Pod = {
  kind: 'Pod',
  namespace: 'web',
  name: 'front',
  uid: '',
  deleting: false,
  nodeName: 'node-1',
  phase: 'Running',
  podIps: ['10.244.1.7', '2001:db8:1::7'],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  nameservers: [],
  searches: [],
}
const listOf = (namespace: string): readonly string[] => [
  `${namespace}.svc.cluster.local.`,
  'svc.cluster.local.',
  'cluster.local.',
  'corp.example.',
  '.',
]

const pods: readonly { what: string; pod: Partial<Pod>; list: readonly string[] | undefined }[] = [
  { what: 'an ordinary pod', pod: {}, list: listOf('web') },
  { what: 'a pod that is starting, whose init containers ask too', pod: { phase: 'Pending' }, list: listOf('web') },
  { what: 'a pod of another node', pod: { nodeName: 'node-2' }, list: undefined },
  { what: "a pod on the host's network", pod: { hostNetwork: true }, list: undefined },
  {
    what: "a pod on the host's network that asks the cluster DNS",
    pod: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    list: undefined,
  },
  { what: 'a pod that is being deleted', pod: { deleting: true }, list: undefined },
  { what: 'a pod that has succeeded', pod: { phase: 'Succeeded' }, list: undefined },
  { what: 'a pod that has failed', pod: { phase: 'Failed' }, list: undefined },
  { what: 'a pod of which nothing is heard', pod: { phase: 'Unknown' }, list: undefined },
  {
    what: 'a pod with search domains of its own',
    pod: { searches: ['db.svc.cluster.local'] },
    list: [...listOf('web').slice(0, -1), 'db.svc.cluster.local.', '.'],
  },
  { what: 'dnsPolicy Default', pod: { dnsPolicy: 'Default' }, list: ['corp.example.', '.'] },
  { what: 'dnsPolicy None', pod: { dnsPolicy: 'None', searches: ['a.example.'] }, list: ['a.example.', '.'] },
  { what: 'dnsPolicy None without a list', pod: { dnsPolicy: 'None' }, list: undefined },
]

test.each(pods)('$what', ({ pod, list }) => {
  const lists = new PodSearchLists(options)
  expect(lists.put({ ...front, ...pod })).toEqual(list ? front.podIps : [])
  for (const address of front.podIps) expect(lists.listOf(address)).toEqual(list)
})

describe('an address that changes hands', () => {
  const [address = ''] = front.podIps
  const api: Pod = { ...front, namespace: 'shop', name: 'api', podIps: [address] }

  test('is nobody\u2019s while two live pods have it', () => {
    const lists = new PodSearchLists(options)
    lists.put(front)
    expect(lists.put(api)).toEqual([address])
    expect(lists.listOf(address)).toBeUndefined()
    expect(lists.listOf('2001:db8:1::7')).toEqual(listOf('web'))
    expect(lists.put({ ...front, deleting: true })).toEqual(front.podIps)
    expect(lists.listOf(address)).toEqual(listOf('shop'))
    expect(lists.remove(front)).toEqual([])
    expect(lists.remove(api)).toEqual([address])
    expect(lists.listOf(address)).toBeUndefined()
  })

  test.each([
    { what: 'another node', other: { ...api, nodeName: 'node-2' } },
    { what: "the host's network", other: { ...api, hostNetwork: true } },
  ])('is nobody\u2019s while a pod of $what has it', ({ other }) => {
    const lists = new PodSearchLists(options)
    lists.put(other)
    expect(lists.put(front)).toEqual(['2001:db8:1::7'])
    expect(lists.listOf(address)).toBeUndefined()
    expect(lists.remove(other)).toEqual([address])
    expect(lists.listOf(address)).toEqual(listOf('web'))
  })

  test('goes from a finished pod to the next', () => {
    const lists = new PodSearchLists(options)
    lists.put({ ...front, phase: 'Succeeded' })
    expect(lists.put(api)).toEqual([address])
    expect(lists.listOf(address)).toEqual(listOf('shop'))
  })
})

test('a change that is none says so', () => {
  const lists = new PodSearchLists(options)
  lists.put(front)
  expect(lists.put({ ...front, uid: 'another', ndots: 1 })).toEqual([])
  expect(lists.put({ ...front, podIps: ['10.244.1.7', '10.244.1.8'] })).toEqual(['2001:db8:1::7', '10.244.1.8'])
  expect(lists.remove({ namespace: 'web', name: 'nobody' })).toEqual([])
})

const somePod = fc.record({
  namespace: fc.constantFrom('web', 'shop'),
  name: fc.constantFrom('a', 'b'),
  deleting: fc.boolean(),
  nodeName: fc.constantFrom('node-1', 'node-1', 'node-2'),
  phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed'),
  podIps: fc.uniqueArray(fc.constantFrom('10.244.1.1', '10.244.1.2', '2001:db8::1'), { maxLength: 2 }),
  hostNetwork: fc.constantFrom(false, false, true),
})

test('any order of events ends in the lists of the pods that are left, and every change is told', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), somePod), { maxLength: 12 }), (events) => {
      const lists = new PodSearchLists(options)
      const left = new Map<string, Pod>()
      const told = new Map<string, readonly string[]>()
      for (const [isThere, fields] of events) {
        const pod: Pod = { ...front, ...fields }
        if (isThere) left.set(keyOf(pod), pod)
        else left.delete(keyOf(pod))
        for (const address of isThere ? lists.put(pod) : lists.remove(pod)) {
          const list = lists.listOf(address)
          if (list) told.set(address, list)
          else told.delete(address)
        }
      }
      expect(told).toEqual(expected([...left.values()]))
    }),
    { numRuns: 2000 },
  )
})

/** Said once more, from all pods at a time. */
function expected(left: readonly Pod[]): ReadonlyMap<string, readonly string[]> {
  const live = left.filter(({ deleting, phase }) => !deleting && (phase === 'Pending' || phase === 'Running'))
  const owners = Map.groupBy(
    live.flatMap((pod) => pod.podIps.map((address) => ({ address, pod }))),
    ({ address }) => address,
  )
  const lists = new Map<string, readonly string[]>()
  for (const [address, [first, ...others]] of owners) {
    if (first === undefined || others.length > 0) continue
    if (first.pod.nodeName === 'node-1' && !first.pod.hostNetwork) lists.set(address, listOf(first.pod.namespace))
  }
  return lists
}
