import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IpvsRuleset } from '../../src/agent/ipvs-ruleset.ts'
import { renderAddresses, renderServers, renderSets } from '../../src/backends/ipvs/documents.ts'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'
import { parseSavedSets } from '../../src/backends/ipvs/saved-sets.ts'
import { diffServers, serverRemovalLines, serverUpdateLines } from '../../src/backends/ipvs/server-diff.ts'
import { changeState } from '../../src/backends/ipvs/state-change.ts'
import type { IpvsState } from '../../src/backends/ipvs/state.ts'
import { ipvsSchedulers } from '../../src/model/ipvs-scheduler.ts'
import { families, type Family } from '../../src/net/family.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { TextKernel } from '../support/ipvs-kernel.ts'
import { randomClusterNode, randomService } from '../support/random-cluster.ts'

const cluster = fc.record({
  services: fc.uniqueArray(randomService, { maxLength: 6, selector: ({ key }) => key }),
  scheduler: fc.constantFrom(...ipvsSchedulers),
})

function stateOf({ services, scheduler }: typeof cluster extends fc.Arbitrary<infer T> ? T : never, family: Family) {
  const objects = [randomClusterNode, ...services.flatMap((service) => service.objects)]
  return new IpvsRuleset(clusterOfObjects(objects), {
    family,
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    scheduler,
  }).wanted
}

function kernelWith(state: IpvsState, family: Family): TextKernel {
  const kernel = new TextKernel()
  for (const text of [renderServers(state), renderSets(state, family), renderAddresses(state)]) {
    kernel.run(text.split('\n').slice(0, -1))
  }
  return kernel
}

const anyFamily = fc.constantFrom(...families)

test('what is written is read back as the same state', () => {
  fc.assert(
    fc.property(cluster, anyFamily, (random, family) => {
      const state = stateOf(random, family)
      const kernel = kernelWith(state, family)
      expect(parseSavedServers(kernel.savedServers, family)).toEqual(state.servers)
      expect(parseSavedSets(kernel.savedSets, family)).toEqual(state.sets)
    }),
    { numRuns: 60 },
  )
})

test('the difference of two states makes one the other, no line is refused, and then there is none', () => {
  fc.assert(
    fc.property(cluster, cluster, anyFamily, (before, after, family) => {
      const [old, now] = [stateOf(before, family), stateOf(after, family)]
      const kernel = kernelWith(old, family)
      const change = changeState(old, now, {
        family,
        isBound: (address) => old.addresses.has(address) || now.addresses.has(address),
        isOurs: () => true,
      })
      kernel.run([...change.setsAhead, ...serverUpdateLines(change.servers), ...change.opened, ...change.bound])
      kernel.run([...change.closed, ...change.serversGone, ...change.setsBehind, ...change.unbound])
      const wanted = kernelWith(now, family)
      const saved = parseSavedServers(kernel.savedServers, family)
      expect(saved).toEqual(now.servers)
      expect(kernel.sets).toEqual(wanted.sets)
      expect(kernel.addresses).toEqual(wanted.addresses)
      const again = diffServers(saved, now.servers, () => true)
      expect([...serverUpdateLines(again), ...serverRemovalLines(again)]).toEqual([])
    }),
    { numRuns: 100 },
  )
})

const wanted = parseSavedServers('-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 1', 'IPv4')
const update = (saved: string) => serverUpdateLines(diffServers(parseSavedServers(saved, 'IPv4'), wanted, () => false))
const real = '-a -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 1'

test.each([
  { name: 'nothing, where all is right', saved: `-A -t 10.96.0.1:80 -s rr\n${real}`, want: [] },
  { name: 'the scheduler', saved: `-A -t 10.96.0.1:80 -s lc\n${real}`, want: ['-E -t 10.96.0.1:80 -s rr'] },
  { name: 'persistence', saved: `-A -t 10.96.0.1:80 -s rr -p 60\n${real}`, want: ['-E -t 10.96.0.1:80 -s rr'] },
  { name: 'flags', saved: `-A -t 10.96.0.1:80 -s rr -b mh-port\n${real}`, want: ['-E -t 10.96.0.1:80 -s rr'] },
  {
    name: 'persistence in a way that we never write',
    saved: `-A -t 10.96.0.1:80 -s rr -p 60 -M 255.255.255.0\n${real}`,
    want: ['-E -t 10.96.0.1:80 -s rr'],
  },
  { name: 'what we never write', saved: `-A -t 10.96.0.1:80 -s rr -o\n${real}`, want: ['-E -t 10.96.0.1:80 -s rr'] },
  {
    name: 'a weight',
    saved: '-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 0',
    want: ['-e -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 1'],
  },
  {
    name: 'the way of forwarding',
    saved: '-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.244.0.1:80 -i -w 1 --tun-type ipip',
    want: ['-e -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 1'],
  },
  {
    name: 'a real server, the new one first',
    saved: '-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.244.0.2:80 -m -w 1',
    want: [real, '-d -t 10.96.0.1:80 -r 10.244.0.2:80'],
  },
])('somebody else changed $name', ({ saved, want }) => {
  expect(update(saved)).toEqual(want)
})

const isOurs = ({ address }: { readonly address: string }) => address.startsWith('10.96.')

test('virtual servers of others stay, those of a firewall mark and of the other family are not seen', () => {
  const saved = parseSavedServers(
    '-A -f 7 -s rr\n-a -f 7 -r 10.0.0.2:0 -i -w 2 --tun-type ipip\n-A -u [2001:db8::1]:53 -s rr\n-A -t 192.0.2.9:80 -s rr\n-A -t 10.96.0.9:80 -s rr\n',
    'IPv4',
  )
  expect([...saved.keys()]).toEqual(['10.96.0.9:80/TCP', '192.0.2.9:80/TCP'])
  expect(serverRemovalLines(diffServers(saved, new Map(), isOurs))).toEqual(['-D -t 10.96.0.9:80'])
})

test('sets that are not there are made before their members are added; a set that is not wanted stays', () => {
  const kernel = parseSavedSets(
    'create KUBE-6-CLUSTER-IP x\nadd KUBE-6-CLUSTER-IP ::192.0.2.7,tcp:80\ncreate other x',
    'IPv6',
  )
  expect(kernel).toEqual(new Map([['KUBE-CLUSTER-IP', new Set(['::c000:207,tcp:80'])]]))
  const wantedSets = new Map([['KUBE-LOAD-BALANCER-SOURCE-CIDR', new Set(['2001:db8::1,tcp:80,::/1'])]] as const)
  const state = { servers: new Map(), addresses: new Set<string>() }
  const context = { family: 'IPv6', isBound: () => true, isOurs: () => true } as const
  const change = changeState({ ...state, sets: kernel }, { ...state, sets: wantedSets }, context)
  expect(change).toMatchObject({
    setsAhead: [
      'create KUBE-6-LOAD-BALANCER-SOURCE-CID hash:ip,port,net family inet6 hashsize 1024 maxelem 65536',
      'add KUBE-6-LOAD-BALANCER-SOURCE-CID 2001:db8::1,tcp:80,::/1',
    ],
    opened: [],
    closed: [],
    setsBehind: [],
  })
})
