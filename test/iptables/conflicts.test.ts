import { describe, expect, test } from 'vitest'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { fateOf, rulesInEmptyKernel } from '../support/kernel-rules.ts'

const olderAge = '2026-03-01T09:00:00Z'
const newerAge = '2026-03-02T09:00:00Z'

/** `shop/<name>` with endpoint 10.244.1.<id>:8080 on this node, or without any. */
function service(
  name: string,
  id: number,
  created: string | undefined,
  spec: object,
  { idle = false, vips = [''] } = {},
) {
  const metadata = { namespace: 'shop', name, creationTimestamp: created }
  const ports = [{ name: 'http', port: 80 }]
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { clusterIP: `10.96.0.${id}`, ports, ...spec },
      status: { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: idle ? [] : [{ addresses: [`10.244.1.${id}`], nodeName: 'node-1' }],
    },
  ]
}

const external = { externalIPs: ['198.51.100.40'] }
const nodePort = { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }
const fromClient = { source: '203.0.113.9', inInterface: 'eth0', protocol: 'TCP' } as const
const toExternalIp = { ...fromClient, destination: '198.51.100.40', port: 80 }
const toNodePort = { ...fromClient, destination: '192.0.2.7', port: 30080 }

function rulesetOf(state: ClusterStore): IptablesRuleset {
  return new IptablesRuleset(state, {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
  })
}

function fateIn(objects: readonly unknown[], packet: typeof toExternalIp): string {
  return fateOf(rulesInEmptyKernel(rulesetOf(clusterOfObjects(objects))), packet, ['192.0.2.7'])
}

const a = '1/1 10.244.1.1:8080 M'
const b = '1/1 10.244.1.2:8080 M'

describe('who gets a packet that two services claim', () => {
  test.each([
    { name: 'the older, though last by name', ages: [newerAge, olderAge], want: b },
    { name: 'the older, first by name too', ages: [olderAge, newerAge], want: a },
    { name: 'the first by name of two as old', ages: [olderAge, olderAge], want: a },
    { name: 'not the one without a creation time', ages: [undefined, newerAge], want: b },
    { name: 'the first by name of two without', ages: [undefined, undefined], want: a },
  ])('$name', ({ ages: [ageOfA, ageOfB], want }) => {
    for (const [spec, packet] of [
      [external, toExternalIp],
      [nodePort, toNodePort],
    ] as const) {
      const objects = [...service('a', 1, ageOfA, spec), ...service('b', 2, ageOfB, spec)]
      expect(fateIn(objects, packet)).toBe(want)
      expect(fateIn(objects.toReversed(), packet)).toBe(want)
    }
  })

  test('an older service without endpoints refuses; the newer does not answer in its place', () => {
    for (const [spec, packet] of [
      [external, toExternalIp],
      [nodePort, toNodePort],
    ] as const) {
      const objects = [...service('a', 1, newerAge, spec), ...service('b', 2, olderAge, spec, { idle: true })]
      expect(fateIn(objects, packet)).toBe('reject')
    }
  })

  test('a newer service without endpoints does not refuse what the older answers', () => {
    const objects = [...service('a', 1, newerAge, external, { idle: true }), ...service('b', 2, olderAge, external)]
    expect(fateIn(objects, toExternalIp)).toBe(b)
  })

  test('source ranges of the newer do not drop what the older answers or refuses', () => {
    const ranged = { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.0.2.0/24'] }
    const vip = service('a', 1, newerAge, ranged, { vips: ['198.51.100.40'] })
    expect(fateIn(vip, toExternalIp)).toBe('drop')
    expect(fateIn([...vip, ...service('b', 2, olderAge, external)], toExternalIp)).toBe(b)
    expect(fateIn([...vip, ...service('b', 2, olderAge, external, { idle: true })], toExternalIp)).toBe('reject')
  })

  test('a cluster IP is not to be had by an external IP, however old; its other ports are', () => {
    const api = service('api', 1, newerAge, {})
    const thief = service('thief', 2, olderAge, {
      externalIPs: ['10.96.0.1'],
      ports: [
        { name: 'http', port: 80 },
        { name: 'more', port: 81 },
      ],
    })
    const toApi = { ...fromClient, destination: '10.96.0.1', port: 80 }
    expect(fateIn([...api, ...thief], toApi)).toBe('1/1 10.244.1.1:8080')
    expect(fateIn([...api, ...thief], { ...toApi, port: 81 })).toBe('reject')
    expect(fateIn(thief, toApi)).toBe(b)
  })

  test('a health-check node port counts as a node port, and an unanswered one is not translated', () => {
    const checked = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30080 }
    const objects = [...service('a', 1, newerAge, nodePort), ...service('b', 2, olderAge, checked)]
    expect(fateIn(objects, toNodePort)).toBe('1/1 untouched')
    expect(rulesetOf(clusterOfObjects(objects)).render()).toContain('--dport 30080 -j ACCEPT')
    const turned = [...service('a', 1, olderAge, nodePort), ...service('b', 2, newerAge, checked)]
    expect(fateIn(turned, toNodePort)).toBe(a)
    expect(rulesetOf(clusterOfObjects(turned)).render()).not.toContain('--dport 30080 -j ACCEPT')
  })
})

describe('no conflict', () => {
  const other = { externalIPs: ['198.51.100.40'], ports: [{ name: 'http', port: 81 }] }
  const udp = { externalIPs: ['198.51.100.40'], ports: [{ name: 'http', port: 80, protocol: 'UDP' }] }
  const six = { externalIPs: ['2001:db8:198::40'] }
  const ipv6 = { clusterIP: '2001:db8:96::2', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }
  test.each([
    { name: 'another port', first: external, second: other },
    { name: 'another protocol', first: external, second: udp },
    { name: 'one address as external and as load balancer IP of one service', first: external, second: {} },
    { name: 'a node port of a service that is in the other family alone', first: nodePort, second: ipv6 },
    { name: 'a service of another proxy', first: external, second: external, labels: true },
    { name: 'an external IP of a family that the service is not in', first: six, second: { ...ipv6, ...six } },
  ])('$name', ({ first, second, labels = false }) => {
    const [service2, ...slices] = service('b', 2, olderAge, second)
    const proxied = { 'service.kubernetes.io/service-proxy-name': 'mesh' }
    const labelled = labels ? { ...service2, metadata: { ...service2?.metadata, labels: proxied } } : service2
    const vips = ['198.51.100.40']
    const state = clusterOfObjects([...service('a', 1, newerAge, first, { vips }), labelled, ...slices])
    expect(state.claims.conflicts()).toEqual([])
    expect(state.claims.conflictCount).toBe(0)
  })
})

test('when the older service goes, the next one gets the address at once, and loses it again when the older is back', () => {
  const older = service('b', 2, olderAge, external)
  const [goes] = clusterOfObjects(older).services.values()
  const state = clusterOfObjects([...service('a', 1, newerAge, external), ...older])
  const ruleset = rulesetOf(state)
  const fate = () => fateOf(rulesInEmptyKernel(ruleset), toExternalIp, ['192.0.2.7'])
  if (goes === undefined) throw new Error('there is a service')
  expect(fate()).toBe(b)
  expect(state.remove(goes)).toEqual(['shop/b', 'shop/a'])
  ruleset.touch(['shop/b', 'shop/a'])
  expect(fate()).toBe(a)
  const touched = state.put(goes)
  expect(touched).toEqual(['shop/b', 'shop/a'])
  ruleset.touch(touched)
  expect(fate()).toBe(b)
})

test('a change of endpoints touches its own service alone', () => {
  const older = service('b', 2, olderAge, external)
  const state = clusterOfObjects([...service('a', 1, newerAge, external), ...older])
  const before = state.claims.revision
  const slices = [...state.slices.values()].flatMap((byName) => [...byName.values()])
  for (const slice of slices) expect(state.put(slice)).toEqual([`shop/${slice.serviceName}`])
  expect(state.claims.revision).toBe(before)
})
