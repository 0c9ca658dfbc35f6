import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import type { Attempts } from '../../src/host/lab/peer-client.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { families, type Family } from '../../src/net/family.ts'
import { addressIn, places, secondAddress, thisNode } from '../packets/places.ts'
import { nodePortOf, objectsOf, serviceAddress, type TableService } from '../packets/service-objects.ts'
import { liftIcmpLimit } from './packet-lab.ts'
import { programCluster, type Program } from './program.ts'
import { requireKernelTools, variants } from './requirements.ts'

// What changes while the agent runs, and what the kernel remembers by itself: no row of the packet table can say it.
const pods = ['here', 'beside', 'there'] as const

describe.each(variants)('iptables-%s', (variant) => {
  let lab: Lab
  let program: Program

  beforeAll(async () => {
    requireKernelTools()
    lab = await createLab({ prefix: 'pointsman-test', backends: 5, families, destroyOnSignals: true })
    for (const tool of ['iptables', 'ip6tables']) {
      await lab.exec('node', `${tool}-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    }
    await Promise.all(pods.map((name) => lab.serve(places[name], { name, tcp: [8080], udp: [8080] })))
    await liftIcmpLimit(lab)
    await Promise.all(families.map((family) => addClients(lab, family)))
    program = await programCluster(lab, [nodeIn('zone-a')], ['--node', thisNode])
  }, 30_000)

  afterAll(async () => {
    await program?.stop()
    await lab?.destroy()
  })

  const update = (...services: readonly TableService[]) =>
    program.update([nodeIn('zone-a'), ...services.flatMap(objectsOf)])
  /** Expects the same of both families: the names of the servers that answer, `refused` or `unanswered`. */
  const expectOutcome = async (from: 'client' | 'pod', to: TableService, door: Door, want: string) => {
    const attempts = families.map((family) => ({
      ...attempt(to, door, family),
      source: addressIn(family, from),
      // Of two endpoints forty connections miss one once in 10^11 runs.
      count: want.includes(' ') ? 40 : 1,
      timeout: want === 'unanswered' ? 500 : 8000,
    }))
    expect((await lab.connectAll(places[from], attempts)).map(outcomeOf)).toEqual([want, want])
  }

  test('a terminating endpoint serves only while no other is ready', async () => {
    const steps = [
      { service: web('here', 'there'), want: 'here there' },
      { service: web('here~', 'there'), want: 'there' },
      { service: web('here~'), want: 'here' },
      { service: web('here~', 'there~'), want: 'here there' },
      { service: web('here!', 'there~'), want: 'there' },
      { service: web('here!', 'there!'), want: 'refused' },
      { service: web('here'), want: 'here' },
    ]
    for (const { service, want } of steps) {
      await update(service)
      await expectOutcome('client', service, 'node port', want)
      await expectOutcome('pod', service, 'cluster IP', want)
    }
  }, 60_000)

  test('with policy Local the node drains its own endpoint before it drops', async () => {
    const spec = { externalTrafficPolicy: 'Local' }
    const steps = [
      { service: web('here', 'beside~', 'there'), want: 'here', pods: 'here there' },
      { service: web('here~', 'beside~', 'there'), want: 'beside here', pods: 'there' },
      { service: web('here!', 'beside~', 'there'), want: 'beside', pods: 'there' },
      { service: web('there'), want: 'unanswered', pods: 'there' },
      { service: web(), want: 'refused', pods: 'refused' },
      { service: web('beside', 'there'), want: 'beside', pods: 'beside there' },
    ]
    for (const { service: base, want, pods: ofPods } of steps) {
      const service = { ...base, spec }
      await update(service)
      await expectOutcome('client', service, 'load balancer IP', want)
      await expectOutcome('pod', service, 'cluster IP', ofPods)
    }
  }, 60_000)

  test('a client stays with its endpoint by every door until its timeout has passed, or the endpoint goes', async () => {
    const [long, brief] = [sticky(3, 600), sticky(4, 1)]
    await update(long, brief)
    const first = await serversOfEach(lab, long, 'cluster IP')
    const firstBrief = await serversOfEach(lab, brief, 'cluster IP')
    // Every try lets a client be remembered anew, so the next comes after the timeout. Without affinity all of forty
    // clients would choose as before once in 10^19 runs.
    const again = () => serversOfEach(lab, brief, 'cluster IP')
    await expect.poll(again, { interval: 1200, timeout: 20_000 }).not.toEqual(firstBrief)
    for (const door of ['cluster IP', 'external IP', 'load balancer IP', 'node port'] as const) {
      expect(await serversOfEach(lab, long, door)).toEqual(first)
    }

    await update({ ...long, endpoints: ['beside', 'there'] }, brief)
    const after = await serversOfEach(lab, long, 'cluster IP')
    expect(first).toContain('here')
    expect(after).not.toContain('here')
    expect(after.filter((_, i) => first[i] !== 'here')).toEqual(first.filter((server) => server !== 'here'))
  }, 60_000)

  test('source ranges admit and shut out as they change', async () => {
    const steps = [
      { service: ranged('198.18.0.0/15', '2001:db8:18::/64'), want: 'unanswered' },
      { service: ranged('198.18.0.0/15', '203.0.113.0/28', '2001:db8:203::/120'), want: 'here' },
      { service: ranged('198.18.0.0/15', '2001:db8:18::/64'), want: 'unanswered' },
      { service: ranged(), want: 'here' },
    ]
    for (const { service, want } of steps) {
      await update(service)
      await expectOutcome('client', service, 'load balancer IP', want)
      await expectOutcome('client', service, 'node port', 'here')
    }
  }, 60_000)

  test('traffic follows the zone of the node, and hints that come and go', async () => {
    const hinted = { name: 'hinted', id: 5, endpoints: ['here:zone-a', 'there:zone-b'] } satisfies TableService
    const plain = { ...hinted, endpoints: ['here:zone-a', 'there'] } satisfies TableService
    for (const { zone, service, want } of [
      { zone: 'zone-a', service: hinted, want: 'here' },
      { zone: 'zone-b', service: hinted, want: 'there' },
      { zone: 'zone-c', service: hinted, want: 'here there' },
      { zone: 'zone-a', service: hinted, want: 'here' },
      { zone: 'zone-a', service: plain, want: 'here there' },
    ]) {
      await program.update([nodeIn(zone), ...objectsOf(service)])
      await expectOutcome('pod', service, 'cluster IP', want)
    }
  }, 60_000)
})

test('the options of the agent decide who is masqueraded and where node ports are open', async () => {
  requireKernelTools()
  const lab = await createLab({ prefix: 'pointsman-test', backends: 5, families: ['IPv4'], destroyOnSignals: true })
  const service = web('here')
  onTestFinished(() => lab.destroy())
  await lab.exec('node', 'ip', ['address', 'add', secondAddress.IPv4, 'dev', 'uplink'])
  await lab.serve(places.here, { name: 'here', tcp: [8080] })
  const options = ['--node', thisNode, '--masquerade-all', '--nodeport-addresses', 'primary']
  const program = await programCluster(lab, [nodeIn('zone-a'), ...objectsOf(service)], options)
  onTestFinished(() => program.stop())
  const { clients } = await lab.connect(places.pod, attempt(service, 'cluster IP', 'IPv4'))
  expect(clients).toEqual({ [addressIn('IPv4', 'node')]: 1 })
  const nodePort = attempt(service, 'node port', 'IPv4')
  expect(outcomeOf(await lab.connect('client', nodePort))).toBe('here')
  expect(outcomeOf(await lab.connect('client', { ...nodePort, address: secondAddress.IPv4 }))).toBe('refused')
}, 30_000)

type Door = 'cluster IP' | 'external IP' | 'load balancer IP' | 'node port'

/** The Node that the agent runs on. */
function nodeIn(zone: string): unknown {
  const addresses = families.map((family) => ({ type: 'InternalIP', address: addressIn(family, 'node') }))
  const metadata = { name: thisNode, labels: { 'topology.kubernetes.io/zone': zone } }
  return { apiVersion: 'v1', kind: 'Node', metadata, status: { addresses } }
}

function attempt(to: TableService, door: Door, family: Family): Attempts {
  const at =
    door === 'node port'
      ? { address: addressIn(family, 'node'), port: nodePortOf(to, 'http') }
      : { address: serviceAddress[door](family, to.id), port: 80 }
  return { ...at, protocol: 'tcp', count: 1, concurrency: 2, timeout: 8000 }
}

function web(...endpoints: TableService['endpoints']): TableService {
  return { name: 'web', id: 1, endpoints }
}

function sticky(id: number, timeoutSeconds: number): TableService {
  const spec = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } }
  return { name: `sticky-${id}`, id, endpoints: pods, spec }
}

function ranged(...loadBalancerSourceRanges: readonly string[]): TableService {
  return { name: 'ranged', id: 2, endpoints: ['here'], spec: { loadBalancerSourceRanges } }
}

/** `here there` for the servers that answered, or what else came of all connections. */
function outcomeOf({ servers, refused, timeouts, errors }: Summary): string {
  const outcomes = [
    Object.keys(servers).sort().join(' '),
    refused > 0 ? 'refused' : '',
    timeouts > 0 ? 'unanswered' : '',
    ...Object.keys(errors),
  ]
  return outcomes.filter((outcome) => outcome !== '').join(', ')
}

const clientCount = 20

function clientAddress(family: Family, i: number): string {
  return family === 'IPv4' ? `203.0.113.${100 + i}` : `2001:db8:203::${100 + i}`
}

/** Gives the client's place the addresses of many. */
async function addClients(lab: Lab, family: Family): Promise<void> {
  const lines = Array.from(
    { length: clientCount },
    (_, i) => `address add ${clientAddress(family, i)} dev eth0${family === 'IPv6' ? ' nodad' : ''}`,
  )
  await lab.exec('client', 'ip', ['-batch', '-'], { input: lines.join('\n') })
}

/** Who answers each of many clients, in both families. */
async function serversOfEach(lab: Lab, to: TableService, door: Door): Promise<readonly string[]> {
  const batch = families.flatMap((family) =>
    Array.from({ length: clientCount }, (_, i) => ({
      ...attempt(to, door, family),
      source: clientAddress(family, i),
    })),
  )
  return (await lab.connectAll('client', batch)).map(outcomeOf)
}
