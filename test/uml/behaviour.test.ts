import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'
import { diffServers, serverRemovalLines, serverUpdateLines } from '../../src/backends/ipvs/server-diff.ts'
import { families, type Family } from '../../src/net/family.ts'
import { addressIn, places, secondAddress } from '../packets/places.ts'
import { nodePortOf, objectsOf, serviceAddress, type TableService } from '../packets/service-objects.ts'
import { nodeObject } from '../packets/settings.ts'
import { createIpvsLab, documentsOf, type IpvsLab, type Talk } from './ipvs-lab.ts'

// What the packet table cannot say: order, what lasts, and what is done to the node meanwhile.
const web: TableService = { name: 'web', id: 1, endpoints: ['here', 'there'] }
const dns: TableService = {
  name: 'dns',
  id: 2,
  endpoints: [],
  ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, endpoints: ['here', 'yonder'] }],
}
const idle: TableService = { name: 'idle', id: 3, endpoints: [] }
const talk: TableService = {
  name: 'talk',
  id: 4,
  endpoints: [],
  ports: [
    { name: 'tcp', protocol: 'TCP', port: 90, targetPort: 9090, endpoints: ['here', 'there'] },
    { name: 'udp', protocol: 'UDP', port: 90, targetPort: 9090, endpoints: ['here', 'there'] },
  ],
}
const sticky: TableService = { ...web, name: 'sticky', id: 5, spec: { sessionAffinity: 'ClientIP' } }
const podsOnly: TableService = {
  ...web,
  name: 'pods-only',
  id: 6,
  spec: { loadBalancerSourceRanges: ['10.244.0.0/16'] },
}
const withNode: TableService = {
  ...web,
  name: 'with-node',
  id: 7,
  spec: { loadBalancerSourceRanges: ['192.0.2.0/24'] },
}
const anybody: TableService = { ...web, name: 'anybody', id: 8, spec: { loadBalancerSourceRanges: ['0.0.0.0/0'] } }
const sctp: TableService = {
  name: 'sctp',
  id: 9,
  endpoints: [],
  ports: [{ name: 'sctp', protocol: 'SCTP', port: 38412, targetPort: 9053, endpoints: ['here', 'there'] }],
}
const everything = [web, dns, idle, talk, sticky, podsOnly, withNode, anybody, sctp]

const clusterIp = ({ id }: TableService, port = 80, family: Family = 'IPv4') => ({
  address: serviceAddress['cluster IP'](family, id),
  port,
})
type Pod = 'here' | 'there'
const vip = ({ id }: TableService, port = 80) => ({ address: serviceAddress['load balancer IP']('IPv4', id), port })

const realWords = (name: Pod) => ['-r', `${addressIn('IPv4', name)}:9090`]
const otherThan = (name: Pod) => (name === 'here' ? 'there' : 'here')

// Twenty times what it takes on an idle machine.
vi.setConfig({ testTimeout: 120_000 })

let ipvs: IpvsLab
beforeAll(async () => {
  ipvs = await createIpvsLab()
  await ipvs.load(everything)
  await ipvs.talkers(9090, { here: places.here, there: places.there })
}, 240_000)
afterAll(() => ipvs?.[Symbol.asyncDispose]())

describe.each(families)('%s', (family) => {
  const pod = addressIn(family, 'pod')
  // Which of its addresses the node takes is a matter of its routes.
  const nodeAddresses = [addressIn(family, 'node'), secondAddress[family]]
  const ofNode = (outcome: string) =>
    nodeAddresses.reduce((text, address) => text.replace(` ${address}`, ' the node'), outcome)

  test('a pod reaches the endpoints of a cluster IP in turn, over TCP and UDP, as itself', async () => {
    for (const door of [clusterIp(web, 80, family), { ...clusterIp(dns, 53, family), protocol: 'udp' as const }]) {
      const seen = await ipvs.turns(places.pod, door, 6)
      const [first, second] = seen
      const other = door.port === 53 ? 'yonder' : 'there'
      expect(new Set([first, second])).toEqual(new Set([`here sees ${pod}`, `${other} sees ${pod}`]))
      expect(seen).toEqual([first, second, first, second, first, second])
    }
  })

  test('the node is masqueraded, whose own choice of a source is the address of the service', async () => {
    const door = clusterIp(web, 80, family)
    expect(await ipvs.node('ip', ['route', 'get', door.address])).toContain(` src ${door.address} `)
    const seen = await ipvs.turns('node', door, 2)
    expect(seen.map(ofNode).toSorted()).toEqual(['here sees the node', 'there sees the node'])
  })

  test('an endpoint that reaches itself sees the node, another sees it as itself', async () => {
    const seen = await ipvs.turns(places.here, clusterIp(web, 80, family), 2)
    expect(seen.map(ofNode).toSorted()).toEqual(['here sees the node', `there sees ${addressIn(family, 'here')}`])
  })

  test('SCTP is balanced', async () => {
    const script = join(import.meta.dirname, 'sctp.pl')
    for (const name of ['here', 'there'] as const) {
      const child = ipvs.lab.spawn(places[name], 'perl', [script, 'serve', addressIn(family, name), '9053', name])
      await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
    }
    const { address } = clusterIp(sctp, 38412, family)
    const ask = () => ipvs.lab.exec(places.pod, 'perl', [script, 'ask', address, '38412'])
    expect([await ask(), await ask()].toSorted()).toEqual([`here sees ${pod}`, `there sees ${pod}`])
  })
})

describe('source ranges', () => {
  test('keep the node from an address that does not admit it, though it sends as that address', async () => {
    expect(await ipvs.turns('node', vip(podsOnly), 1)).toEqual(['unanswered'])
    expect(await ipvs.turns('node', vip(withNode), 1)).toEqual([expect.stringContaining(' sees 192.0.2.10')])
    expect(await ipvs.turns('client', vip(withNode), 1)).toEqual(['unanswered'])
  })

  test('of all addresses admit everybody', async () => {
    expect(await ipvs.turns('client', vip(anybody), 2)).toHaveLength(2)
    expect(await ipvs.turns('client', vip(anybody), 1)).toEqual([expect.stringContaining(' sees 192.0.2.10')])
  })

  test('do not hold for node ports', async () => {
    const door = { address: '192.0.2.10', port: nodePortOf(podsOnly, 'http') }
    expect(await ipvs.turns('client', door, 1)).toEqual([expect.stringContaining(' sees 192.0.2.10')])
  })
})

test('refused are a service without endpoints and ports of no service, and a daemon of the node answers at its own address alone', async () => {
  expect(await ipvs.turns('client', clusterIp(idle), 1)).toEqual(['refused'])
  expect(await ipvs.turns('client', clusterIp(web, 81), 1)).toEqual(['refused'])
  // The node itself listens on 8080 of every address it has.
  expect(await ipvs.turns('client', clusterIp(web, 8080), 1)).toEqual(['refused'])
  expect(await ipvs.turns('client', { address: '192.0.2.10', port: 8080 }, 1)).toEqual(['node sees 203.0.113.10'])
})

test('an address of no service goes where the routes lead', async () => {
  await ipvs.lab.serve(places.outside, { name: 'outside', tcp: [80] })
  expect(await ipvs.turns('client', { address: '10.96.200.200', port: 80 }, 1)).toEqual(['outside sees 203.0.113.10'])
})

test('a client stays with its endpoint until that takes no new ones', async () => {
  const seen = await ipvs.turns('client', clusterIp(sticky), 6)
  expect(new Set(seen).size).toBe(1)
  const name = seen[0]?.startsWith('here') === true ? 'here' : 'there'
  const server = ['-t', '10.96.0.5:80']
  const real = ['-r', `${addressIn('IPv4', name)}:8080`, '-m']
  await ipvs.node('ipvsadm', ['-e', ...server, ...real, '-w', '0'])
  const after = await ipvs.turns('client', clusterIp(sticky), 3)
  expect(new Set(after)).toEqual(new Set([`${name === 'here' ? 'there' : 'here'} sees 192.0.2.10`]))
  await ipvs.node('ipvsadm', ['-E', ...server, '-s', 'rr', '-p', '600'])
  expect(await ipvs.node('ipvsadm', ['-S', '-n'])).toContain('-A -t 10.96.0.5:80 -s rr -p 600\n')
})

describe('an endpoint', () => {
  test('without weight keeps its connection, and gets no other', async () => {
    const open = await ipvs.talk(places.pod, clusterIp(talk, 90))
    const name = await whoAnswers(open)
    await ipvs.node('ipvsadm', ['-e', '-t', '10.96.0.4:90', ...realWords(name), '-m', '-w', '0'])
    expect(await open.ask()).toBe(name)
    // Turn and turn about it would be its again with the second.
    for (const other of await ipvs.talks(places.pod, clusterIp(talk, 90), 2)) {
      expect(await other.ask()).toBe(otherThan(name))
    }
    expect(await open.ask()).toBe(name)
    await ipvs.node('ipvsadm', ['-e', '-t', '10.96.0.4:90', ...realWords(name), '-m', '-w', '1'])
  })

  test('that is deleted resets its connection with the next packet', async () => {
    const open = await ipvs.talk(places.pod, clusterIp(talk, 90))
    const name = await whoAnswers(open)
    await ipvs.node('ipvsadm', ['-d', '-t', '10.96.0.4:90', ...realWords(name)])
    expect(await open.ask()).toBe('ECONNRESET')
    await ipvs.node('ipvsadm', ['-a', '-t', '10.96.0.4:90', ...realWords(name), '-m', '-w', '1'])
  })

  test('that is deleted loses its UDP flows to another', async () => {
    const open = await ipvs.talk(places.pod, { ...clusterIp(talk, 90), protocol: 'udp' })
    const name = await whoAnswers(open)
    await ipvs.node('ipvsadm', ['-d', '-u', '10.96.0.4:90', ...realWords(name)])
    // The packet that meets the dead flow is lost with it.
    const answers = [await open.ask(), await open.ask()]
    expect(answers.at(-1)).toBe(otherThan(name))
    await ipvs.node('ipvsadm', ['-a', '-u', '10.96.0.4:90', ...realWords(name), '-m', '-w', '1'])
  })
})

test('neighbours learn service addresses from the node unless ARP is strict', async () => {
  const { address } = vip(web)
  await ipvs.lab.exec('client', 'ip', ['route', 'add', `${address}/32`, 'dev', 'eth0'])
  const strict = async (ignore: string, announce: string) => {
    await ipvs.node('tee', ['/proc/sys/net/ipv4/conf/all/arp_ignore'], ignore)
    await ipvs.node('tee', ['/proc/sys/net/ipv4/conf/all/arp_announce'], announce)
    await ipvs.lab.exec('client', 'ip', ['neigh', 'flush', 'dev', 'eth0'])
  }
  await strict('1', '2')
  expect(await ipvs.turns('client', vip(web), 1)).not.toEqual([expect.stringContaining('sees')])
  expect(await ipvs.lab.exec('client', 'ip', ['neigh', 'show', address])).toMatch(/INCOMPLETE|FAILED|^$/)
  await strict('0', '0')
  expect(await ipvs.turns('client', vip(web), 1)).toEqual([expect.stringContaining('sees')])
  expect(await ipvs.lab.exec('client', 'ip', ['neigh', 'show', address])).toContain('lladdr')
  await ipvs.lab.exec('client', 'ip', ['route', 'del', `${address}/32`, 'dev', 'eth0'])
})

test('another scheduler is an edit of every virtual server, and loses none of them nor a connection', async () => {
  const open = await ipvs.talk(places.pod, clusterIp(talk, 90))
  const name = await open.ask()
  for (const scheduler of ['lc', 'mh', 'rr'] as const) {
    const [{ text } = { text: '' }] = documentsOf(everything, scheduler)
    for (const family of families) {
      const diff = diffServers(
        parseSavedServers(await ipvs.node('ipvsadm', ['-S', '-n']), family),
        parseSavedServers(text, family),
        () => true,
      )
      expect(diff).toMatchObject({ added: [], removed: [], addedReals: [], removedReals: [] })
      expect(diff.edited.length).toBeGreaterThan(10)
      await ipvs.node('ipvsadm', ['-R'], `${[...serverUpdateLines(diff), ...serverRemovalLines(diff)].join('\n')}\n`)
    }
    expect(await open.ask()).toBe(name)
    expect(await ipvs.turns(places.pod, clusterIp(web), 1)).toEqual([expect.stringContaining('sees')])
  }
  await expect(ipvs.node('ipvsadm', ['-A', '-t', '192.0.2.10:9', '-s', 'fastest'])).rejects.toThrow('not found')
})

test('of the timeouts, a zero keeps what there is', async () => {
  await ipvs.node('ipvsadm', ['--set', '900', '120', '300'])
  await ipvs.node('ipvsadm', ['--set', '0', '30', '0'])
  expect(await ipvs.node('ipvsadm', ['-L', '--timeout'])).toBe('Timeout (tcp tcpfin udp): 900 30 300')
})

test('where the node forwards nothing, services live by the chain that admits their replies', async () => {
  await ipvs.node('iptables-legacy', ['-P', 'FORWARD', 'DROP'])
  const doors = [clusterIp(web), vip(web), { address: '192.0.2.10', port: nodePortOf(web, 'http') }]
  for (const door of doors) expect(await ipvs.turns('client', door, 1)).toEqual([expect.stringContaining('sees')])
  const rule = ['KUBE-FORWARD', '-m', 'comment', '--comment', 'kubernetes forwarding conntrack rule']
  const spec = [...rule, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT']
  await ipvs.node('iptables-legacy', ['-D', ...spec])
  for (const door of doors) expect(await ipvs.turns('client', door, 1)).toEqual(['unanswered'])
  await ipvs.node('iptables-legacy', ['-A', ...spec])
  await ipvs.node('iptables-legacy', ['-P', 'FORWARD', 'ACCEPT'])
})

async function whoAnswers(talking: Talk): Promise<Pod> {
  const name = await talking.ask()
  if (name !== 'here' && name !== 'there') throw new Error(`Neither of the two answers, but: ${name}`)
  return name
}

test('a node port leads to a pod behind another node, and its answer back', async () => {
  const [pod, second] = ['10.244.2.20', addressIn('IPv4', 'yonder')]
  const behind = `${ipvs.lab.name}-behind`
  const other = ipvs.lab.namespaceOf(places.yonder)
  // A pod behind yonder, which becomes a node for it.
  await ipvs.machine.exec('ip', ['netns', 'add', behind])
  await ipvs.machine.exec('ip', ['-batch', '-'], {
    input: `link add pod netns ${other} type veth peer name eth0 netns ${behind}\n`,
  })
  await ipvs.machine.exec('ip', ['-netns', behind, '-batch', '-'], {
    input: `link set lo up\nlink set eth0 up\naddress add ${pod}/32 dev eth0\nroute add default via ${second} dev eth0 onlink\n`,
  })
  await ipvs.lab.exec(places.yonder, 'ip', ['-batch', '-'], {
    input: `link set pod up\nroute add ${pod}/32 dev pod src ${second}\n`,
  })
  await ipvs.lab.exec(places.yonder, 'tee', ['/proc/sys/net/ipv4/conf/all/forwarding'], { input: '1' })
  await ipvs.node('ip', ['route', 'add', `${pod}/32`, 'via', second, 'dev', places.yonder, 'onlink'])
  const peer = join(import.meta.dirname, '../../src/host/lab/peer.ts')
  const server = ['netns', 'exec', behind, process.execPath, peer, 'serve', 'behind', '--tcp', '8080']
  const child = ipvs.machine.spawn('ip', server)
  await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const far = [nodeObject({}), ...objectsOf({ ...idle, name: 'far' }), sliceOf('far', pod)]
  await ipvs.loadObjects(far)
  const door = { address: '192.0.2.10', port: nodePortOf(idle, 'http') }
  expect(await ipvs.turns('client', door, 1)).toEqual(['behind sees 192.0.2.10'])
})

/** An endpoint of another node. */
function sliceOf(service: string, address: string): unknown {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: `${service}-far`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: [address], nodeName: 'node-2', conditions: { ready: true } }],
  }
}
