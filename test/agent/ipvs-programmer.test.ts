import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { IpvsProgrammer } from '../../src/agent/ipvs-programmer.ts'
import { IpvsRuleset } from '../../src/agent/ipvs-ruleset.ts'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { filledSets } from '../../src/backends/ipvs/rules.ts'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'
import { parseSavedSets } from '../../src/backends/ipvs/saved-sets.ts'
import { families, type Family } from '../../src/net/family.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { replace, storeOf } from '../support/changing-cluster.ts'
import { foundDifferences } from '../../src/agent/found-differences.ts'
import { sentences } from '../support/compared.ts'
import { clusterOfObjects, parseObjects } from '../support/cluster.ts'
import { textTools } from '../support/ipvs-tools.ts'
import { randomService, type RandomService } from '../support/random-cluster.ts'

// No time passes, so that every check is due.
beforeEach(() => void vi.spyOn(performance, 'now').mockReturnValue(0))
afterEach(() => void vi.restoreAllMocks())

const options = {
  nodeName: 'node-1',
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks: [] },
  nodePortNetworks: [],
  scheduler: 'rr',
} as const

/** A programmer on a kernel of text; a second one of the same kernel is the agent after a restart. */
function programmed(store: ClusterStore, family: Family, tools = textTools(family), excluded: readonly string[] = []) {
  const ruleset = new IpvsRuleset(store, { ...options, family })
  const networks = excluded.flatMap((text) => parseCidr(text) ?? [])
  const programmer = new IpvsProgrammer(
    ruleset,
    { family, ipvs: tools.ipvs, iptables: tools.iptables, excluded: networks },
    0,
  )
  return { ...tools, tools, ruleset, programmer, store }
}

type Programmed = ReturnType<typeof programmed>

/** The kernel holds exactly what a full sync of an empty one would give. */
function expectWanted({ kernel, rules, ruleset }: Programmed, family: Family): void {
  // Of a fresh ruleset: what the old one has become must not hide behind itself.
  const { servers, sets, addresses } = ruleset.wanted
  expect(parseSavedServers(kernel.savedServers, family)).toEqual(servers)
  expect(parseSavedSets(kernel.savedSets, family)).toEqual(sets)
  const length = family === 'IPv4' ? 32 : 128
  expect([...kernel.addresses].sort()).toEqual([...addresses].map((address) => `${address}/${length}`).sort())
  const own = [...ruleset.fragments].map(([key, { filter }]) => [key, filter] as const)
  const desired = ruleset.desiredRules(filledSets(sets), new Map(own.filter(([, filter]) => filter.length > 0)))
  expect(renderFullSync(desired, parseSavedRules(rules.saved), Infinity)).toBe('')
}

const event = fc.record({
  service: randomService,
  remove: fc.boolean(),
  /** Whether a sync follows at once, fails after so many calls, or the agent restarts. */
  next: fc.oneof(fc.constantFrom('sync', 'sync', 'nothing', 'check', 'restart'), fc.integer({ min: 0, max: 12 })),
})

test('changes in any order, syncs that fail anywhere, restarts: in the end the kernel holds what one full sync gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 10 }), fc.constantFrom(...families), async (events, family) => {
      const store = storeOf()
      const present = new Map<string, RandomService>()
      let subject = programmed(store, family)
      for (const { service, remove, next } of events) {
        subject.programmer.touch(replace(store, present, service, remove))
        if (next === 'restart') subject = programmed(store, family, subject.tools)
        if (typeof next === 'number') subject.state.patience = next
        if (next !== 'nothing') await subject.programmer.sync().catch(() => undefined)
        subject.state.patience = Number.POSITIVE_INFINITY
        if (next === 'check') await subject.programmer.check()
      }
      await subject.programmer.sync()
      expectWanted(subject, family)
      expect(subject.programmer.quarantined).toEqual(new Map())
      subject.written.length = 0
      expect(await subject.programmer.check()).toMatchObject({ repaired: 0 })
      await programmed(store, family, subject.tools).programmer.sync()
      expect(subject.written).toEqual([])
    }),
    { numRuns: 150 },
  )
})

const service = (name: string, id: number, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, ...metadata },
  spec: { clusterIP: `10.96.0.${id}`, ports: [{ name: 'http', port: 80 }], ...spec },
})
const slice = (name: string, addresses: readonly string[], protocol = 'TCP') => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol }],
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-2' })),
})

/** A synced programmer of IPv4, what a change of objects sends, and the lines that are there. */
async function running(objects: readonly object[], excluded: readonly string[] = []) {
  const subject = programmed(clusterOfObjects(objects), 'IPv4', textTools('IPv4'), excluded)
  await subject.programmer.sync()
  const sync = async (touched: readonly string[]) => {
    subject.written.length = 0
    subject.programmer.touch(touched)
    await subject.programmer.sync()
    return [...subject.written]
  }
  return {
    ...subject,
    put: (...now: readonly object[]) => sync(parseObjects(now).flatMap((object) => subject.store.put(object))),
    remove: (...gone: readonly object[]) => sync(parseObjects(gone).flatMap((object) => subject.store.remove(object))),
    reals: () => subject.kernel.savedServers.split('\n').filter((line) => line.startsWith('-a')),
  }
}

const [one, two] = ['10.244.1.1', '10.244.1.2']
const shared = { clusterIP: '10.96.0.9', externalIPs: ['198.51.100.5'] }

test('a service comes whole, its address last, and goes in reverse', async () => {
  const { put, remove } = await running([])
  const objects = [service('web', 1), slice('web', [one])]
  expect(await put(...objects)).toEqual([
    'add KUBE-IPVS-IPS 10.96.0.1',
    'rules',
    '-A -t 10.96.0.1:80 -s rr',
    '-a -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 1',
    'add KUBE-CLUSTER-IP 10.96.0.1,tcp:80',
    'addr add 10.96.0.1/32 dev kube-ipvs0',
  ])
  expect(await remove(...objects)).toEqual([
    'del KUBE-CLUSTER-IP 10.96.0.1,tcp:80',
    '-D -t 10.96.0.1:80',
    'rules',
    'del KUBE-IPVS-IPS 10.96.0.1',
    'addr del 10.96.0.1/32 dev kube-ipvs0',
  ])
})

test('an address that two services share goes with the last of them', async () => {
  const other = { ...shared, clusterIP: '10.96.0.8', ports: [{ name: 'http', port: 81 }] }
  const { put, remove } = await running([service('a', 9, shared), service('b', 8, other)])
  expect(await remove(service('b', 8, other))).not.toContain('addr del 198.51.100.5/32 dev kube-ipvs0')
  expect(await put(service('b', 8, other))).not.toContain('addr add 198.51.100.5/32 dev kube-ipvs0')
  await remove(service('b', 8, other))
  expect(await remove(service('a', 9, shared))).toContain('addr del 198.51.100.5/32 dev kube-ipvs0')
})

test('one endpoint more is one line', async () => {
  const { put } = await running([service('web', 1), slice('web', [one])])
  expect(await put(slice('web', [one, two]))).toEqual(['-a -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 1'])
})

test('an endpoint with connections drains: no weight, then gone with the last of them', async () => {
  const { put, state, programmer, reals } = await running([service('web', 1), slice('web', [one, two])])
  state.connections.set('10.96.0.1:80/TCP 10.244.1.2:8080', 3)
  expect(await put(slice('web', [one]))).toEqual(['-e -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 0'])
  expect(await programmer.check()).toMatchObject({ repaired: 0 })
  expect(reals()).toContain('-a -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 0')
  state.connections.clear()
  await programmer.check()
  expect(reals()).toEqual(['-a -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 1'])
  expect(await put(slice('web', [one]))).toEqual([])
})

test('one that comes back while it drains gets its weight back, and keeps its connections', async () => {
  const { put, state, programmer, reals, written } = await running([service('web', 1), slice('web', [one, two])])
  state.connections.set('10.96.0.1:80/TCP 10.244.1.2:8080', 3)
  await put(slice('web', [one]))
  expect(await put(slice('web', [one, two]))).toEqual(['-e -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 1'])
  state.connections.clear()
  written.length = 0
  await programmer.check()
  expect(written).toEqual([])
  expect(reals()).toHaveLength(2)
})

test('the rule that keeps the node out stands for as long as what it is about', async () => {
  const ranges = { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'] }
  const status = { loadBalancer: { ingress: [{ ip: '198.51.100.7' }] } }
  const { put, remove, rules, tools } = await running([])
  const objects = [{ ...service('web', 1, ranges), status }]
  const stands = () => rules.saved.includes('-A KUBE-IPVS-OUT-FILTER -s 198.51.100.7 ')
  const whenWritten = vi.spyOn(tools.ipvs, 'changeServers').mockImplementation(async () => {
    expect(stands()).toBe(true)
    return ''
  })
  await put(...objects)
  await remove(...objects)
  expect(whenWritten).toHaveBeenCalledTimes(2)
  expect(stands()).toBe(false)
})

test('without connections it goes at once, and one of UDP whatever it has', async () => {
  const udp = { ports: [{ name: 'http', port: 80, protocol: 'UDP' }] }
  const { put, state } = await running([
    service('web', 1),
    slice('web', [one, two]),
    service('dns', 2, udp),
    slice('dns', [one, two], 'UDP'),
  ])
  state.connections.set('10.96.0.2:80/UDP 10.244.1.2:8080', 3)
  expect(await put(slice('web', [one]))).toEqual([
    '-e -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 0',
    '-d -t 10.96.0.1:80 -r 10.244.1.2:8080',
  ])
  expect(await put(slice('dns', [one], 'UDP'))).toEqual(['-d -u 10.96.0.2:80 -r 10.244.1.2:8080'])
})

test('after a restart those that drained go on draining, and idle ones go', async () => {
  const objects = [service('web', 1), slice('web', [one, two])]
  const { put, state, store, tools, reals } = await running(objects)
  state.connections.set('10.96.0.1:80/TCP 10.244.1.2:8080', 3)
  await put(slice('web', [one]))
  const again = programmed(store, 'IPv4', tools)
  await again.programmer.sync()
  expect(reals()).toHaveLength(2)
  state.connections.clear()
  await programmed(store, 'IPv4', tools).programmer.sync()
  expect(reals()).toHaveLength(1)
})

test('a service that the kernel refuses keeps what it had, and holds no other up', async () => {
  const annotated = { annotations: { 'pointsman/ipvs-scheduler': 'twos' } }
  const { put, state, programmer, kernel, ruleset } = await running([service('web', 1), slice('web', [one])])
  state.refuses = (line) => line.includes(' -s twos')
  await put(
    service('web', 1, {}, annotated),
    service('new', 2, {}, annotated),
    service('other', 3),
    slice('other', [two]),
  )
  expect([...programmer.quarantined.keys()]).toEqual(['shop/new', 'shop/web'])
  expect(programmer.quarantined.get('shop/new')?.message).toMatch(/^The kernel did not take ipvsadm: .* -s twos/)
  expect([...parseSavedServers(kernel.savedServers, 'IPv4').keys()]).toEqual(['10.96.0.1:80/TCP', '10.96.0.3:80/TCP'])
  expect(kernel.addresses).toEqual(new Set(['10.96.0.1/32', '10.96.0.3/32']))
  state.refuses = () => false
  await programmer.check()
  expect(programmer.quarantined).toEqual(new Map())
  expect(parseSavedServers(kernel.savedServers, 'IPv4')).toEqual(ruleset.wanted.servers)
})

test('what somebody else changed is repaired: virtual servers, weights, sets, addresses, chains', async () => {
  const { kernel, rules, programmer, ruleset, tools, store } = await running([
    service('web', 1),
    slice('web', [one, two]),
  ])
  kernel.run([
    '-d -t 10.96.0.1:80 -r 10.244.1.1:8080',
    '-e -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 0',
    'del KUBE-CLUSTER-IP 10.96.0.1,tcp:80',
    'addr del 10.96.0.1/32 dev kube-ipvs0',
  ])
  rules.restore('*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n')
  const report = await programmer.check()
  expect(report).toMatchObject({ repaired: 5 })
  const found = report?.found
  expect(found && sentences(foundDifferences('IPv4', found))).toEqual([
    'Not of one Service: chain nat KUBE-SERVICES changed',
    'Service shop/web: endpoint 10.244.1.1:8080 added, 10.244.1.2:8080 changed; bound address 10.96.0.1/32 added; set member KUBE-CLUSTER-IP 10.96.0.1,tcp:80 added',
    '1 Service differs: 1 changed, and what is not of one Service; 8 lines to add, 1 to remove',
  ])
  expect(programmer.drift).toBeUndefined()
  expectWanted({ ...tools, tools, ruleset, programmer, store }, 'IPv4')
})

test('what cannot be repaired is told of until it is', async () => {
  const { kernel, programmer, state } = await running([service('web', 1)])
  kernel.run(['addr del 10.96.0.1/32 dev kube-ipvs0'])
  state.refuses = (line) => line.startsWith('addr add')
  await expect(programmer.check()).rejects.toThrow('The kernel did not take')
  const { drift } = programmer
  expect(drift && sentences(foundDifferences('IPv4', drift))[0]).toBe(
    'Service shop/web: bound address 10.96.0.1/32 added',
  )
  state.refuses = () => false
  await programmer.sync()
  expect(programmer.drift).toBeUndefined()
})

test('that the rules of a service arrived is known once a sync has succeeded', async () => {
  const { put, programmer, state, store } = await running([service('web', 1)])
  expect(programmer.hasArrived('shop/web')).toBe(true)
  programmer.touch(parseObjects([slice('web', [one])]).flatMap((object) => store.put(object)))
  expect(programmer.hasArrived('shop/web')).toBe(false)
  state.patience = 0
  await expect(programmer.sync()).rejects.toThrow('the tool was killed')
  expect(programmer.hasArrived('shop/web')).toBe(false)
  state.patience = Number.POSITIVE_INFINITY
  await put(slice('web', [one]))
  expect(programmer.hasArrived('shop/web')).toBe(true)
})

test('virtual servers of others stay; those of an agent before us go, but for excluded networks', async () => {
  const nodePort = { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }
  const objects = [service('web', 1), service('api', 2, nodePort)]
  const tools = textTools('IPv4')
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
  }
  tools.kernel.run(['-A -t 203.0.113.9:80 -s rr', '-A -t 192.0.2.7:9000 -s rr'])
  await programmed(clusterOfObjects([node, ...objects]), 'IPv4', tools).programmer.sync()
  expect(tools.kernel.servers.size).toBe(5)
  const empty = clusterOfObjects([node])
  await programmed(empty, 'IPv4', tools, ['10.96.0.2/32']).programmer.sync()
  expect([...tools.kernel.servers.keys()]).toEqual(['-t 203.0.113.9:80', '-t 192.0.2.7:9000', '-t 10.96.0.2:80'])
})

test('an external address that comes to an interface of the node leaves kube-ipvs0, and comes back', async () => {
  const { programmer, kernel } = await running([service('a', 9, shared)])
  const bound = async (addresses: readonly string[]) => {
    programmer.setLocalAddresses(addresses)
    await programmer.sync()
    return kernel.addresses.has('198.51.100.5/32')
  }
  expect(await bound(['192.0.2.7'])).toBe(true)
  expect(await bound(['192.0.2.7', '198.51.100.5'])).toBe(false)
  expect(kernel.servers.has('-t 198.51.100.5:80')).toBe(true)
  expect(await bound(['192.0.2.7'])).toBe(true)
})
