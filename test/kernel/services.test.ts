import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressOf, type Place } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { families, type Family } from '../../src/net/family.ts'
import { chiSquare } from '../support/chi-square.ts'
import { empty, manifestsOf, shrinking, sticky, web, type TestService } from './manifests.ts'
import { programCluster, type Program } from './program.ts'
import { requireKernelTools, variants } from './requirements.ts'

const endpoints = ['backend1', 'backend2', 'backend3'] as const
/** A pod that no service leads to. */
const pod = 'backend4'
const protocols = ['tcp', 'udp'] as const
const flows = families.flatMap((family) => protocols.map((protocol) => ({ family, protocol })))
type Flow = (typeof flows)[number]
type Entrance = 'ClusterIP' | 'NodePort'

describe.each(variants)('iptables-%s', (variant) => {
  let lab: Lab
  let program: Program

  beforeAll(async () => {
    requireKernelTools()
    lab = await createLab({ prefix: 'pointsman-test', backends: 4, families, destroyOnSignals: true })
    for (const tool of ['iptables', 'ip6tables']) {
      // The kubelet's sign of which variant this node uses.
      await lab.exec('node', `${tool}-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    }
    await Promise.all(endpoints.map((name) => lab.serve(name, { name, tcp: [web.targetPort], udp: [web.targetPort] })))
    // Only a rule can refuse a node port where something listens.
    await lab.serve('node', { name: 'node', tcp: [empty.nodePort], udp: [empty.nodePort] })
    program = await programCluster(lab, cluster(endpoints))
  }, 30_000)

  afterAll(async () => {
    await program?.stop()
    await lab?.destroy()
  })

  const connect = async (
    from: Place,
    to: TestService,
    entrance: Entrance,
    flow: Flow,
    count: number,
  ): Promise<Summary> =>
    lab.connect(from, { ...door(to, entrance, flow.family), protocol: flow.protocol, count, concurrency: 8 })

  describe.each([
    { from: pod, entrance: 'ClusterIP', seenAs: pod },
    { from: 'node', entrance: 'ClusterIP', seenAs: 'node' },
    { from: 'client', entrance: 'ClusterIP', seenAs: 'node' },
    { from: 'client', entrance: 'NodePort', seenAs: 'node' },
    { from: 'node', entrance: 'NodePort', seenAs: 'node' },
    { from: pod, entrance: 'NodePort', seenAs: 'node' },
  ] as const)('from $from to a $entrance', ({ from, entrance, seenAs }) => {
    test.each(flows)('$protocol over $family reaches every endpoint, seen as ' + seenAs, async (flow) => {
      const summary = await connect(from, web, entrance, flow, 60)
      expect(Object.keys(summary.servers)).toEqual(endpoints)
      // All 60, so there were no failures: 60 tries miss one of three endpoints once in 10^10 runs.
      expect(summary.clients).toEqual({ [addressOf(seenAs, flow.family)]: 60 })
    })
  })

  test.each(flows)('hairpin: an endpoint reaches itself by $protocol over $family, seen as node', async (flow) => {
    const summary = await connect('backend1', web, 'ClusterIP', flow, 60)
    const { backend1: toItself = 0 } = summary.servers
    expect(toItself).toBeGreaterThan(0)
    expect(summary.clients).toEqual({
      [addressOf('node', flow.family)]: toItself,
      [addressOf('backend1', flow.family)]: 60 - toItself,
    })
  })

  describe.each([
    { from: pod, entrance: 'ClusterIP' },
    { from: 'node', entrance: 'ClusterIP' },
    { from: 'client', entrance: 'ClusterIP' },
    { from: 'client', entrance: 'NodePort' },
  ] as const)('from $from to a $entrance without endpoints', ({ from, entrance }) => {
    test.each(flows)('$protocol over $family is refused at once', async (flow) => {
      const summary = await connect(from, empty, entrance, flow, 1)
      expect(summary).toMatchObject({ servers: {}, refused: 1, timeouts: 0, errors: {} })
      expect(summary.milliseconds).toBeLessThan(atOnce(flow))
    })
  })

  test.each(flows)('$protocol over $family is spread evenly over three endpoints', async (flow) => {
    const count = 900
    const summary = await connect(pod, web, 'ClusterIP', flow, count)
    const seen = endpoints.map((name) => summary.servers[name] ?? 0)
    expect(seen.reduce((a, b) => a + b)).toBe(count)
    // Two degrees of freedom: an even spread exceeds x with probability exp(-x / 2), so 27.64 once in 10^6 runs.
    // Equal probabilities of 1/3 in a row (a third, two ninths, four ninths) come to about 67.
    const expected = endpoints.map(() => count / endpoints.length)
    expect(chiSquare(seen, expected)).toBeLessThan(27.64)
  })

  test.each(flows)(
    'session affinity: a client stays with one endpoint by $protocol over $family',
    async (flow) => {
      for (const from of [pod, 'node', 'client'] as const) {
        // Without affinity, 30 tries stay with one of three endpoints once in 10^13 runs.
        const to = { ...door(sticky, 'ClusterIP', flow.family), protocol: flow.protocol }
        const summary = await lab.connect(from, { ...to, count: 30 })
        expect(Object.values(summary.servers)).toEqual([30])
      }
    },
    20_000,
  )

  test('an endpoint that is removed while clients loop refuses none of them', async () => {
    const servers = await Promise.all(endpoints.map((name) => lab.serve(name, { name, tcp: [shrinking.targetPort] })))
    const doors = families.flatMap((family) => [
      { from: pod, ...door(shrinking, 'ClusterIP', family) } as const,
      { from: 'client', ...door(shrinking, 'NodePort', family) } as const,
    ])
    const loops = await Promise.all(doors.map(({ from, ...to }) => lab.loop(from, { protocol: 'tcp', ...to })))

    await program.update(cluster(['backend1', 'backend2']))
    // The removed endpoint still serves who came before; these connections are the time it gets.
    const after = await Promise.all(
      doors.map(({ from, ...to }) => lab.connect(from, { protocol: 'tcp', ...to, count: 60 })),
    )
    await servers[2]?.stop()
    await Promise.all(doors.map(({ from, ...to }) => lab.connect(from, { protocol: 'tcp', ...to, count: 60 })))

    for (const { servers: reached } of after) expect(Object.keys(reached)).toEqual(['backend1', 'backend2'])
    for (const loop of loops) {
      const summary = await loop.stop()
      expect(summary).toMatchObject({ refused: 0, timeouts: 0, errors: {} })
      expect(Object.keys(summary.servers)).toContain('backend1')
    }
  }, 20_000)
})

function cluster(shrinkingTo: readonly Place[]): readonly unknown[] {
  return [
    ...manifestsOf(web, endpoints),
    ...manifestsOf(sticky, endpoints),
    ...manifestsOf(empty, []),
    ...manifestsOf(shrinking, shrinkingTo),
  ]
}

/** Where a service is entered. */
function door(service: TestService, entrance: Entrance, family: Family): { address: string; port: number } {
  return entrance === 'ClusterIP'
    ? { address: service.clusterIp[family], port: service.port }
    : { address: addressOf('node', family), port: service.nodePort }
}

/**
 * How long a refusal may take, in milliseconds. Between namespaces of one machine it arrives inside connect() itself,
 * which holds the socket: Linux then drops the ICMP error (TcpExtLockDroppedIcmps). An IPv4 socket that polls hears of
 * it all the same, an IPv6 one only when the SYN is sent again, after one second.
 */
function atOnce({ protocol, family }: Flow): number {
  return protocol === 'tcp' && family === 'IPv6' ? 1500 : 500
}
