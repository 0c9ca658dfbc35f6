import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { iptablesTool } from '../../src/agent/iptables-tool.ts'
import { IpvsProgrammer } from '../../src/agent/ipvs-programmer.ts'
import { readIpvsState } from '../../src/agent/ipvs-reading.ts'
import type { IpvsTools } from '../../src/agent/ipvs-kernel.ts'
import { observedIpvs } from '../../src/agent/observed-ipvs.ts'
import { IpvsRuleset, type IpvsOptions } from '../../src/agent/ipvs-ruleset.ts'
import { ipvsTool } from '../../src/agent/ipvs-tool.ts'
import { parseConnections } from '../../src/backends/ipvs/draining.ts'
import type { RunTool } from '../../src/host/command.ts'
import { bootUml, type UmlMachine } from '../../src/host/lab/uml/uml-machine.ts'
import { ipvsSchedulers, type IpvsScheduler } from '../../src/model/ipvs-scheduler.ts'
import { parseAddress } from '../../src/net/address.ts'
import { families, type Family } from '../../src/net/family.ts'
import { replace, storeOf } from '../support/changing-cluster.ts'
import { randomService, type RandomService } from '../support/random-cluster.ts'
import { requireUmlTools } from './requirements.ts'

// The programmer itself, its tools in a real kernel.
let machine: UmlMachine
let runs = 0
beforeAll(async () => {
  requireUmlTools()
  machine = await bootUml()
}, 90_000)
afterAll(() => machine?.[Symbol.asyncDispose]())

/** What somebody else has made, among them a virtual server at an address of kube-ipvs0's network. */
const foreign = [
  '-A -t 192.0.2.200:8080 -s wlc',
  '-a -t 192.0.2.200:8080 -r 10.244.9.9:80 -m -w 7',
  '-A -u [2001:db8:192::200]:53 -s sh',
]

const nodeAddresses = ['192.0.2.10', '2001:db8:192::10'].flatMap((text) => parseAddress(text) ?? [])

/** All but the one that this kernel lacks. */
const schedulers = ipvsSchedulers.filter((scheduler) => scheduler !== 'twos')

const steps = fc.array(fc.record({ service: randomService, remove: fc.boolean() }), { minLength: 3, maxLength: 7 })

test('updates in any order end in what a ruleset asks for, and a restart then writes nothing; what is not ours stays', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.constantFrom(...families),
      fc.constantFrom(...schedulers),
      async (changes, family, scheduler) => {
        await using node = await newNode(family)
        const store = storeOf()
        const rulesetOf = () => ipvsRulesetOf(store, family, scheduler)
        const programmer = new IpvsProgrammer(rulesetOf(), node.tools, Number.POSITIVE_INFINITY)
        const present = new Map<string, RandomService>()
        for (const { service, remove } of changes) {
          programmer.touch(replace(store, present, service, remove))
          await programmer.sync()
        }
        expect([...programmer.quarantined]).toEqual([])
        const { servers, addresses, sets } = await readIpvsState(node.tools.ipvs, family)
        const { wanted } = rulesetOf()
        const ours = [...servers].filter(([, { address }]) => !address.endsWith('200'))
        expect(new Map(ours)).toEqual(wanted.servers)
        expect({ addresses, sets }).toEqual({ addresses: wanted.addresses, sets: wanted.sets })
        const observer = observedIpvs(optionsOf(scheduler), family, node.tools).start(store)
        expect(await observer.look(nodeAddresses)).toEqual([])
        const next = new IpvsProgrammer(rulesetOf(), node.tools, Number.POSITIVE_INFINITY)
        expect(await next.sync()).toMatchObject({ kind: 'full', bytes: 0 })
        const saved = (await node.tools.ipvs.saveServers()).split('\n')
        expect(saved.filter((line) => /200\]?:/.test(line)).toSorted()).toEqual(foreign.toSorted())
      },
    ),
    { numRuns: 6, endOnFailure: true },
  )
}, 300_000)

test('whoever only watches says of which Service something is missing', async () => {
  await using node = await newNode('IPv6')
  const store = storeOf()
  const programmer = new IpvsProgrammer(ipvsRulesetOf(store, 'IPv6', 'rr'), node.tools, Number.POSITIVE_INFINITY)
  programmer.touch(replace(store, new Map(), { key: 'shop/web', objects: watched }, false))
  await programmer.sync()
  const observer = observedIpvs(optionsOf('rr'), 'IPv6', node.tools).start(store)
  expect(await observer.look(nodeAddresses)).toEqual([])
  await node.tools.ipvs.changeServers(['-d -t [2001:db8:96::1]:80 -r [2001:db8:244:1::7]:8080'])
  await node.tools.ipvs.changeSets(['del KUBE-6-CLUSTER-IP 2001:db8:96::1,tcp:80'])
  expect(await observer.look(nodeAddresses)).toMatchObject([
    {
      owner: 'shop/web',
      causes: [
        { kind: 'endpoint', added: ['[2001:db8:244:1::7]:8080'] },
        { kind: 'set member', added: ['KUBE-6-CLUSTER-IP 2001:db8:96::1,tcp:80'] },
      ],
    },
  ])
}, 120_000)

const watched = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { clusterIP: '2001:db8:96::1', ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv6',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: ['2001:db8:244:1::7'], conditions: { ready: true } }],
  },
]

test.each([
  { family: 'IPv4', server: '-t 192.0.2.200:8080', key: '192.0.2.200:8080/TCP 10.244.9.9:80' },
  { family: 'IPv6', server: '-u [2001:db8:192::201]:53', key: '[2001:db8:192::201]:53/UDP [2001:db8:9::9]:53' },
] as const)(
  '$family: of the servers that were asked for all connections are known, of no others',
  async (one) => {
    await using node = await newNode(one.family)
    const { ipvs } = node.tools
    const servers = ['-u [2001:db8:192::201]:53', '-u [2001:db8:192::202]:53', '-t 192.0.2.201:8080']
    await ipvs.changeServers(servers.map((server) => `-A ${server} -s rr`))
    await ipvs.changeServers(['-a -u [2001:db8:192::201]:53 -r [2001:db8:9::9]:53 -m -w 1'])
    await ipvs.changeServers(['-a -t 192.0.2.201:8080 -r 10.244.9.9:80 -m -w 1'])
    await ipvs.changeServers(['-a -u [2001:db8:192::202]:53 -r [2001:db8:9::9]:53 -m -w 1'])
    const listed = await ipvs.listConnections([one.server, '-t 192.0.2.202:1'])
    expect(parseConnections(listed, one.family)).toEqual(new Map([[one.key, 0]]))
    const all = await ipvs.listConnections(['80', '81', '82', '83', '84'].map((port) => `-t 192.0.2.202:${port}`))
    expect(parseConnections(all, one.family).get(one.key)).toBe(0)
  },
  60_000,
)

test('a service whose scheduler this kernel lacks keeps no other back, whichever is written last', async () => {
  await using node = await newNode('IPv4')
  const store = storeOf()
  const present = new Map<string, RandomService>()
  const programmer = new IpvsProgrammer(ipvsRulesetOf(store, 'IPv4', 'rr'), node.tools, Number.POSITIVE_INFINITY)
  for (const [service, scheduler] of [
    ['a', 'rr'],
    ['b', 'twos'],
  ] as const) {
    programmer.touch(replace(store, present, withScheduler(service, scheduler), false))
    await programmer.sync()
  }
  expect([...programmer.quarantined.keys()]).toEqual(['shop/b'])
  programmer.touch(replace(store, present, withScheduler('c', 'lc'), false))
  await programmer.sync()
  expect(await node.tools.ipvs.saveServers()).toMatch(/-A -t 10\.96\.0\.97:80 -s rr\n-A -t 10\.96\.0\.99:80 -s lc\n/)
}, 120_000)

/** A service with a scheduler of its own at 10.96.0.97 for `a`, .98 for `b` and so on. */
function withScheduler(name: string, scheduler: string): RandomService {
  const metadata = { namespace: 'shop', name, annotations: { 'pointsman/ipvs-scheduler': scheduler } }
  const spec = { clusterIP: `10.96.0.${name.charCodeAt(0)}`, ports: [{ name: 'http', port: 80 }] }
  return { key: `shop/${name}`, objects: [{ apiVersion: 'v1', kind: 'Service', metadata, spec }] }
}

/** A network namespace of the guest that has what others made, and the tools of one family in it. */
async function newNode(family: Family): Promise<AsyncDisposable & { readonly tools: IpvsTools }> {
  const name = `node-${(runs += 1)}`
  await machine.exec('ip', ['netns', 'add', name])
  const run: RunTool = (command, args, input) => machine.runTool('ip', ['netns', 'exec', name, command, ...args], input)
  // Without any address of its own the kernel takes no other for one that a packet can be sent to.
  await run('ip', ['link', 'set', 'lo', 'up'])
  await run('ipvsadm', ['-R'], `${foreign.join('\n')}\n`)
  const runCommand = async (...words: Parameters<RunTool>) => (await run(...words)).stdout
  return {
    tools: { family, ipvs: ipvsTool(run, family), iptables: iptablesTool(runCommand, family, 'legacy'), excluded: [] },
    [Symbol.asyncDispose]: async () => {
      await machine.exec('ip', ['netns', 'delete', name])
    },
  }
}

function ipvsRulesetOf(store: ClusterStore, family: Family, scheduler: IpvsScheduler): IpvsRuleset {
  const ruleset = new IpvsRuleset(store, { ...optionsOf(scheduler), family })
  ruleset.setLocalAddresses(nodeAddresses)
  return ruleset
}

function optionsOf(scheduler: IpvsScheduler): Omit<IpvsOptions, 'family'> {
  return {
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    scheduler,
  }
}
