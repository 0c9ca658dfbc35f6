import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { conntrackTool } from '../../src/agent/conntrack-tool.ts'
import type { Flow } from '../../src/backends/conntrack/flow.ts'
import { families, type Family } from '../../src/net/family.ts'
import { programmed, runAgent } from '../support/agent.ts'
import { cleanerOf } from '../support/flow-cleaner.ts'
import { injectFlows, type InjectedFlow } from '../support/flows.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { udpServiceObjects, type UdpService } from '../support/udp-service.ts'

let namespace: Namespace
beforeEach(async () => {
  namespace = await createNamespace()
})
afterEach(() => namespace[Symbol.asyncDispose]())

const inject = (flows: readonly InjectedFlow[]) => injectFlows(namespace.run, flows)

test('flows as the real tool prints them read back as they were put in', { timeout: 60_000 }, async () => {
  const octet = fc.constantFrom(0, 0, 0, 1, 10, 255)
  const address = fc.oneof(
    // The tool writes some of these with a dotted end.
    fc.constantFrom('::102:304', '::1', '::ffff:0:102:304', '64:ff9b::102:304'),
    fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.')),
    fc
      .array(fc.constantFrom('0', '0', '0', '1', 'ab', '2001', 'ffff'), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.join(':'))
      .filter((groups) => !groups.startsWith('0:0:0:0:0:ffff:')),
  )
  const port = fc.integer({ min: 1, max: 65_535 })
  const random = fc.record({
    protocol: fc.constantFrom('udp', 'udp', 'tcp'),
    endpoint: fc.option(fc.tuple(address, port), { nil: undefined }),
    destination: address,
    destinationPort: port,
    unanswered: fc.boolean(),
    zone: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  })
  const tool = conntrackTool(namespace.runLines)
  await fc.assert(
    fc.asyncProperty(fc.array(random, { maxLength: 200 }), async (made) => {
      const flows = made
        .map((flow, i) => ({
          ...flow,
          source: flow.destination.includes(':') ? '2001:db8::1' : '192.0.2.1',
          sourcePort: 1 + i,
        }))
        .filter(
          ({ endpoint, destination }) => endpoint === undefined || familyOf(endpoint[0]) === familyOf(destination),
        )
      await namespace.run('conntrack', ['--flush'])
      await inject(flows.map((flow) => ({ ...flow, endpoint: flow.endpoint && host(...flow.endpoint) })))
      for (const family of families) {
        const seen: Flow[] = []
        await tool.list(family, undefined, (flow) => seen.push(flow))
        const want = flows
          .filter(({ protocol, destination }) => protocol === 'udp' && familyOf(destination) === family)
          .map(({ destination, destinationPort, endpoint = [destination, destinationPort] as const }) => ({
            destination: host(destination, destinationPort),
            replySource: host(...endpoint),
          }))
        expect(seen.map(text).toSorted()).toEqual(want.map(text).toSorted())
      }
    }),
    { numRuns: 20 },
  )
})

/** Two services that share an endpoint, in either family. */
const plan = {
  IPv4: {
    vip: '10.96.0.10',
    other: '10.96.0.11',
    node: ['192.0.2.7', '10.244.0.1'],
    away: '192.0.2.8',
    client: '10.244.9.',
  },
  IPv6: {
    vip: '2001:db8:96::10',
    other: '2001:db8:96::11',
    node: ['2001:db8:192::7', '2001:db8:244::1'],
    away: '2001:db8:192::8',
    client: '2001:db8:9::',
  },
} as const
const endpointsOf = {
  IPv4: ['10.244.1.1', '10.244.1.2', '10.244.1.3'],
  IPv6: ['2001:db8:244:1::1', '2001:db8:244:1::2', '2001:db8:244:1::3'],
} as const

describe.each(families)('%s', (family) => {
  const { vip, other, node, away, client } = plan[family]
  const [first, second, third] = endpointsOf[family]
  const dns = { name: 'dns', clusterIp: vip, endpoints: [first, second] }
  const neighbour = { name: 'neighbour', clusterIp: other, endpoints: [first] }

  /** One flow for each name, with a client of its own. */
  const named: Readonly<Record<string, Omit<InjectedFlow, 'source' | 'sourcePort'>>> = {
    'to the first': { destination: vip, destinationPort: 53, endpoint: host(first, 5353) },
    'to the first, unanswered': {
      destination: vip,
      destinationPort: 53,
      endpoint: host(first, 5353),
      unanswered: true,
    },
    'to the first, in a zone': { destination: vip, destinationPort: 53, endpoint: host(first, 5353), zone: 7 },
    'to the first, by node port': { destination: node[1], destinationPort: 30_053, endpoint: host(first, 5353) },
    'to the second': { destination: vip, destinationPort: 53, endpoint: host(second, 5353) },
    'to the second, by node port': { destination: node[0], destinationPort: 30_053, endpoint: host(second, 5353) },
    'to nobody': { destination: vip, destinationPort: 53 },
    'to the third, which is nobody’s': { destination: vip, destinationPort: 53, endpoint: host(third, 5353) },
    'to another port of the address': { destination: vip, destinationPort: 54, endpoint: host(first, 5353) },
    'of another service to the first': { destination: other, destinationPort: 53, endpoint: host(first, 5353) },
    'by TCP to the first': { protocol: 'tcp', destination: vip, destinationPort: 53, endpoint: host(first, 5353) },
    'to another node, same node port': { destination: away, destinationPort: 30_053, endpoint: host(first, 5353) },
    'to another node, same port': { destination: away, destinationPort: 53 },
    'to the first by its own address': { destination: first, destinationPort: 5353 },
  }
  const names = Object.keys(named)
  const injectNamed = () =>
    inject(Object.values(named).map((flow, i) => ({ ...flow, source: `${client}${i + 1}`, sourcePort: 4000 })))
  /** The names of the flows that are not in the table any more. */
  const removed = async () => {
    const table = await namespace.run('conntrack', ['-L', '-f', family.toLowerCase()])
    const clients = new Set([...table.matchAll(/^\w+ .*?src=(\S+)/gm)].map((match) => match[1]))
    return names.filter((_, i) => !clients.has(`${client}${i + 1}`))
  }
  /** A cleaner that has seen both services while no flow was there. */
  const settledCleaner = async (service: UdpService) => {
    const made = cleanerOf(
      namespace.runLines,
      family,
      [dns, neighbour].map((given) => (given === dns ? service : given)),
      node,
    )
    await made.cleaner.clean(false)
    made.walks.length = 0
    return made
  }

  test('one endpoint of a cluster IP gone: one walk', async () => {
    const { cleaner, walks, change } = await settledCleaner(dns)
    await injectNamed()
    change({ ...dns, endpoints: [second] })
    const want = ['to the first', 'to the first, unanswered', 'to the first, in a zone']
    expect((await cleaner.clean(false))?.removed).toBe(want.length)
    expect(await removed()).toEqual(want)
    expect(walks).toHaveLength(1)
  })

  test('one endpoint of a node port gone: one walk to look, one for each of the two kinds found', async () => {
    const service = { ...dns, nodePort: 30_053 }
    const { cleaner, walks, change } = await settledCleaner(service)
    await injectNamed()
    change({ ...service, endpoints: [second] })
    await cleaner.clean(false)
    expect(await removed()).toEqual([
      'to the first',
      'to the first, unanswered',
      'to the first, in a zone',
      'to the first, by node port',
      'to nobody',
      'to the third, which is nobody’s',
    ])
    // Beside the two: those to nobody and to the third, which the change alone would not have left.
    expect(walks).toHaveLength(1 + 2 + 2)
  })

  test('a service gone: what was translated goes, the rest stays', async () => {
    const { cleaner, walks, remove } = await settledCleaner(dns)
    await injectNamed()
    remove('dns')
    await cleaner.clean(false)
    expect(await removed()).toEqual([
      'to the first',
      'to the first, unanswered',
      'to the first, in a zone',
      'to the second',
      'to the third, which is nobody’s',
    ])
    expect(walks).toHaveLength(1)
  })

  test('the first endpoint come: what was never translated goes', async () => {
    const { cleaner, walks, change } = await settledCleaner({ ...dns, endpoints: [] })
    await inject([{ destination: vip, destinationPort: 53, source: `${client}1`, sourcePort: 1 }])
    change(dns)
    expect((await cleaner.clean(false))?.removed).toBe(1)
    expect(walks).toHaveLength(1)
  })

  test('a first pass over flows that are all right removes none', async () => {
    const services = [{ ...dns, nodePort: 30_053 }, neighbour]
    await injectNamed()
    await namespace.run('conntrack', ['-D', '-p', 'udp', '--orig-dst', vip, '--reply-src', vip])
    await namespace.run('conntrack', ['-D', '-p', 'udp', '--orig-dst', vip, '--reply-src', third])
    const before = await removed()
    const { cleaner, walks } = cleanerOf(namespace.runLines, family, services, node)
    expect((await cleaner.clean(false))?.removed).toBe(0)
    expect(await removed()).toEqual(before)
    expect(walks).toHaveLength(1)
  })
})

describe('in a table of 200,000 flows', () => {
  const endpoints = ['10.244.1.1', '10.244.1.2', '10.244.1.3', '10.244.1.4']
  const dns = { name: 'dns', clusterIp: '10.96.0.10', endpoints }
  beforeEach(async () => {
    await inject(
      Array.from({ length: 200_000 }, (_, i) => ({
        source: `10.${128 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
        sourcePort: 4000,
        // Every hundredth is of the service.
        destination: i % 100 === 0 ? dns.clusterIp : `10.97.${(i >> 8) & 255}.${i & 255}`,
        destinationPort: 53,
        endpoint: host(endpoints[(i / 100) & 3] ?? '', 5353),
      })),
    )
  }, 60_000)

  test('a pass is one walk', { timeout: 60_000 }, async () => {
    const { cleaner, walks, change } = cleanerOf(namespace.runLines, 'IPv4', [dns], [])
    await cleaner.clean(false)
    expect(walks).toHaveLength(1)
    change({ ...dns, endpoints: endpoints.slice(1) })
    expect((await cleaner.clean(false))?.removed).toBe(500)
    expect(walks).toHaveLength(2)
  })

  test('the agent reads it in little memory', { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
    try {
      // Two addresses, so that the whole table is listed: 40 MB of text.
      const items = [
        { ...dns, endpoints: endpoints.slice(1) },
        { ...dns, name: 'other', clusterIp: '10.96.0.11' },
      ]
      await writeFile(
        join(directory, 'cluster.json'),
        JSON.stringify({ kind: 'List', items: items.flatMap(udpServiceObjects) }),
      )
      const agent = runAgent(namespace, ['-f', directory, '--no-dns', '--node', 'here'], {
        NODE_OPTIONS: '--max-old-space-size=40',
      })
      await agent.line(programmed('IPv4'))
      expect(await agent.line((line) => line['msg'] === 'removed stale UDP flows')).toMatchObject({ removed: 500 })
      expect(await agent.end('SIGTERM')).toBe(0)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

/** As a URL writes them, which is RFC 5952 for IPv6. */
function host(address: string, port: number): string {
  return address.includes(':') ? `${new URL(`http://[${address}]`).hostname}:${port}` : `${address}:${port}`
}

function text({ destination, replySource }: Flow): string {
  return `${destination} ${replySource}`
}
