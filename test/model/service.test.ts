import { describe, expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { parseService } from '../../src/model/service.ts'

const service = (spec: unknown, rest: object = {}) =>
  parseService(new Field({ kind: 'Service', metadata: { namespace: 'shop', name: 'cart' }, spec, ...rest }))

const created = (creationTimestamp: unknown) => service({}, { metadata: { name: 'cart', creationTimestamp } }).createdAt

describe('cluster IPs', () => {
  test.each([
    {
      name: 'one family',
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] },
      want: ['10.0.0.1'],
    },
    {
      name: 'dual stack, in its order',
      spec: { clusterIPs: ['2001:db8::1', '10.0.0.1'], ipFamilies: ['IPv6', 'IPv4'] },
      want: ['2001:db8::1', '10.0.0.1'],
    },
    { name: 'an object older than dual stack', spec: { clusterIP: '10.0.0.1' }, want: ['10.0.0.1'] },
    { name: 'leading zeros', spec: { clusterIP: '010.000.0.041' }, want: ['10.0.0.41'] },
    {
      name: 'an object older than dual stack, whatever its list says',
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '2001:db8::1'] },
      want: ['10.0.0.1'],
    },
    {
      name: 'each under its own family, the first of two',
      spec: {
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1', '10.0.0.2', '2001:db8::1'],
        ipFamilies: ['IPv4', 'IPv4', 'IPv6'],
      },
      want: ['10.0.0.1', '2001:db8::1'],
    },
    {
      name: 'more families than addresses',
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4', 'IPv6'] },
      want: ['10.0.0.1'],
    },
    { name: 'headless', spec: { clusterIP: 'None', clusterIPs: ['None'] }, want: [] },
    { name: 'headless in both families', spec: { clusterIP: 'None', ipFamilies: ['IPv4', 'IPv6'] }, want: [] },
    { name: 'not yet allocated', spec: { clusterIP: '', ipFamilies: ['IPv4'] }, want: [] },
    {
      name: 'ExternalName, even with an address',
      spec: { type: 'ExternalName', externalName: 'a.example', clusterIP: '10.0.0.1' },
      want: [],
    },
  ])('$name', ({ spec, want }) => {
    expect(service(spec).clusterIps).toEqual(want)
  })
})

describe('ports', () => {
  test('the API server’s defaults: no name, TCP, and 0 for no node port', () => {
    expect(service({ ports: [{ port: 80, nodePort: 0 }] }).ports).toEqual([{ name: '', protocol: 'TCP', port: 80 }])
    expect(service({ ports: [{ name: null, protocol: null, port: 80, nodePort: null }] }).ports).toEqual([
      { name: '', protocol: 'TCP', port: 80 },
    ])
  })

  test('one number may serve two protocols, and one name too', () => {
    const ports = ['TCP', 'UDP'].map((protocol) => ({ name: 'dns', protocol, port: 53 }))
    expect(service({ ports }).ports).toEqual(ports)
  })

  test.each([{}, { ports: [] }, { ports: null }])('none in %j', (spec) => {
    expect(service(spec).ports).toEqual([])
  })
})

describe('traffic policies', () => {
  test.each([
    { name: 'absent', spec: { type: 'NodePort' }, want: [false, false] },
    { name: 'null', spec: { type: 'NodePort', internalTrafficPolicy: null }, want: [false, false] },
    { name: 'Cluster', spec: { type: 'NodePort', externalTrafficPolicy: 'Cluster' }, want: [false, false] },
    { name: 'internal Local', spec: { internalTrafficPolicy: 'Local' }, want: [false, true] },
    { name: 'NodePort', spec: { type: 'NodePort', externalTrafficPolicy: 'Local' }, want: [true, false] },
    { name: 'LoadBalancer', spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, want: [true, false] },
    { name: 'ClusterIP', spec: { externalTrafficPolicy: 'Local' }, want: [false, false] },
    {
      name: 'ClusterIP with an external IP',
      spec: { externalTrafficPolicy: 'Local', externalIPs: ['198.51.100.7'] },
      want: [true, false],
    },
    {
      name: 'ClusterIP with an external IP that nobody can read',
      spec: { externalTrafficPolicy: 'Local', externalIPs: ['nonsense'], ports: [{ port: 80, nodePort: 30080 }] },
      want: [true, false],
    },
  ])('externally and internally Local: $name', ({ spec, want }) => {
    const { externalPolicyLocal, internalPolicyLocal } = service(spec)
    expect([externalPolicyLocal, internalPolicyLocal]).toEqual(want)
  })
})

describe('the health-check node port', () => {
  const local = { externalTrafficPolicy: 'Local', healthCheckNodePort: 32100 }
  test.each([
    { name: 'LoadBalancer, Local', spec: { type: 'LoadBalancer', ...local }, want: 32100 },
    { name: '0', spec: { type: 'LoadBalancer', ...local, healthCheckNodePort: 0 }, want: undefined },
    {
      name: 'LoadBalancer, Cluster',
      spec: { type: 'LoadBalancer', ...local, externalTrafficPolicy: 'Cluster' },
      want: undefined,
    },
    { name: 'NodePort, Local', spec: { type: 'NodePort', ...local }, want: undefined },
    { name: 'ClusterIP, Local', spec: { ...local, externalIPs: ['198.51.100.7'] }, want: undefined },
  ])('$name', ({ spec, want }) => {
    expect(service(spec).healthCheckNodePort).toBe(want)
  })
})

test.each([
  { labels: { 'service.kubernetes.io/service-proxy-name': 'mesh' }, want: true },
  { labels: { 'service.kubernetes.io/service-proxy-name': '' }, want: true },
  { labels: { 'service.kubernetes.io/headless': '' }, want: true },
  { labels: { app: 'cart' }, want: false },
  { labels: null, want: false },
])('left to another proxy with labels $labels: $want', ({ labels, want }) => {
  expect(service({}, { metadata: { name: 'cart', labels } }).proxiedElsewhere).toBe(want)
})

describe('creation time', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-03-01T12:00:00Z', 1772366400],
    ['2026-03-01T13:30:00+01:30', 1772366400],
    ['2026-03-01T12:00:00.25Z', 1772366400.25],
    ['2024-02-29T23:59:59Z', 1709251199],
    // What Go writes for no time at all.
    ['0001-01-01T00:00:00Z', -62135596800],
    [null, undefined],
    [undefined, undefined],
  ])('%j is %j seconds', (text, want) => {
    expect(created(text)).toBe(want)
  })

  test.each([
    '',
    'yesterday',
    '2026-03-01',
    '2026-03-01 12:00:00Z',
    '2026-03-01T12:00:00',
    '2026-03-01T12:00Z',
    '2026-3-1T12:00:00Z',
    '2026-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-03-00T12:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T12:60:00Z',
    '2026-03-01T12:00:60Z',
    '2026-03-01T12:00:00+24:00',
    '2026-03-01T12:00:00.Z',
    '2026-03-01T12:00:00Z\n',
    '12026-03-01T12:00:00Z',
  ])('%j is refused', (text) => {
    expect(() => created(text)).toThrow(
      `metadata.creationTimestamp: expected an RFC 3339 time, such as 2026-03-01T12:00:00Z, got ${JSON.stringify(text)}`,
    )
  })

  test('a number is refused', () => {
    expect(() => created(1772366400)).toThrow('metadata.creationTimestamp: expected a string, got 1772366400')
  })
})

test('affinity without a timeout lasts three hours, the Kubernetes default', () => {
  expect(service({ sessionAffinity: 'ClientIP' }).affinitySeconds).toBe(10800)
  const config = (clientIP: unknown) => service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP } })
  expect(config({ timeoutSeconds: null }).affinitySeconds).toBe(10800)
  expect(config({ timeoutSeconds: 600 }).affinitySeconds).toBe(600)
  expect(service({ sessionAffinity: 'None', sessionAffinityConfig: null }).affinitySeconds).toBeUndefined()
})

test('what the API server never checked strictly is passed over where it is unreadable', () => {
  const parsed = service(
    {
      type: 'LoadBalancer',
      externalIPs: ['', ' 198.51.100.7 ', 'nonsense', '198.51.100.7'],
      loadBalancerSourceRanges: ['203.0.113.000/025', 'x'],
    },
    {
      status: {
        loadBalancer: {
          ingress: [{ ip: '198.51.100.9' }, { hostname: 'lb.example' }, { ip: '198.51.100.8', ipMode: 'Proxy' }],
        },
      },
    },
  )
  expect(parsed.externalIps).toEqual(['198.51.100.7'])
  expect(parsed.sourceRanges.map(({ text }) => text)).toEqual(['203.0.113.0/25'])
  expect(parsed.loadBalancerIps).toEqual(['198.51.100.9'])
})

test('blanks around source ranges are taken off; around addresses they make them unreadable, as for kube-proxy', () => {
  const ip = ' 198.51.100.7 '
  const parsed = service(
    { type: 'LoadBalancer', externalIPs: [ip, '198.51.100.8'], loadBalancerSourceRanges: [' 203.0.113.0/25\t', ''] },
    { status: { loadBalancer: { ingress: [{ ip }, { ip: '198.51.100.9' }] } } },
  )
  expect(parsed.externalIps).toEqual(['198.51.100.8'])
  expect(parsed.sourceRanges.map(({ text }) => text)).toEqual(['203.0.113.0/25'])
  expect(parsed.loadBalancerIps).toEqual(['198.51.100.9'])
})

test('addresses and ranges with leading zeros are decimal', () => {
  const parsed = service(
    { externalIPs: ['198.051.100.007'], loadBalancerSourceRanges: ['203.000.113.000/024'] },
    { status: { loadBalancer: { ingress: [{ ip: '198.51.100.09' }] } } },
  )
  expect(parsed.externalIps).toEqual(['198.51.100.7'])
  expect(parsed.sourceRanges.map(({ text }) => text)).toEqual(['203.0.113.0/24'])
  expect(parsed.loadBalancerIps).toEqual(['198.51.100.9'])
})

test.each([
  { ipMode: undefined, want: ['198.51.100.9'] },
  { ipMode: null, want: ['198.51.100.9'] },
  { ipMode: 'VIP', want: ['198.51.100.9'] },
  { ipMode: 'Proxy', want: [] },
  { ipMode: 'SomethingNew', want: [] },
])('load balancer addresses of ipMode $ipMode: $want', ({ ipMode, want }) => {
  const status = { loadBalancer: { ingress: [{ ip: '198.51.100.9', ipMode }] } }
  expect(service({ type: 'LoadBalancer' }, { status }).loadBalancerIps).toEqual(want)
})

test.each([
  [{ clusterIP: '10.0.0.256' }, 'spec.clusterIP: expected an IP address or None, got "10.0.0.256"'],
  [{ ports: 'http' }, 'spec.ports: expected a list, got "http"'],
  [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: expected an integer from 1 to 65535, got 0'],
  [{ ports: [{}] }, 'spec.ports[0].port: expected an integer from 1 to 65535, got nothing'],
  [{ ports: [{ port: 80, protocol: 'ICMP' }] }, 'spec.ports[0].protocol: expected one of TCP, UDP, SCTP, got "ICMP"'],
  [
    { ports: [{ port: 80, name: 'a"; reboot' }] },
    'spec.ports[0].name: expected a DNS label (a-z, 0-9 and -, at most 63 characters), got "a\\"; reboot"',
  ],
  [
    { ports: [{ port: 80 }, { port: 81 }] },
    'spec.ports[1].name: expected a name that no other TCP port of the service has, got nothing',
  ],
  [{ type: 'Nodeport' }, 'spec.type: expected one of ClusterIP, NodePort, LoadBalancer, ExternalName, got "Nodeport"'],
  [{ type: 'ExternalName' }, 'spec.externalName: expected a DNS name, because the type is ExternalName, got nothing'],
  [
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: expected an integer from 1 to 86400, got 0',
  ],
  ['spec', 'spec: expected a mapping, got "spec"'],
])('%j is refused by its field', (spec, sentence) => {
  expect(() => service(spec)).toThrow(expect.objectContaining({ message: sentence }))
})

test('the name of a service is one label: with a dot it would claim the names of another', () => {
  const named = new Field({ metadata: { name: 'a.b', namespace: 'shop' }, spec: { clusterIP: '10.0.0.1' } })
  expect(() => parseService(named)).toThrow('metadata.name: expected a DNS label')
})

test.each([
  { annotations: { 'pointsman/ipvs-scheduler': 'mh' }, want: 'mh' },
  { annotations: { 'pointsman/ipvs-scheduler': 'rrr' }, want: undefined },
  { annotations: { 'pointsman/ipvs-scheduler': '' }, want: undefined },
  { annotations: { other: 'mh' }, want: undefined },
  { annotations: null, want: undefined },
])('the scheduler by annotations $annotations: $want', ({ annotations, want }) => {
  expect(service({}, { metadata: { name: 'cart', annotations } }).ipvsScheduler).toBe(want)
})
