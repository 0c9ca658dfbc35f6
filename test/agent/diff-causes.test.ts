import { expect, test } from 'vitest'
import { benchObjects, benchSlice } from '../../bench/cluster.ts'
import { reportDifferences } from '../../src/agent/diff-report.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { sentences, stateSide } from '../support/compared.ts'

/** `shop/web` of the tests, with what a case says different. */
interface Made {
  readonly spec?: object
  readonly ports?: readonly object[]
  /** The node of each endpoint by the last part of its address; absent: 4 here and 5 elsewhere. */
  readonly pods?: Readonly<Record<number, string>>
  readonly dualStack?: boolean
  readonly balancer?: boolean
  readonly labels?: object
}

const here = 'node-1'
const away = 'node-2'
const http = { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }
const udp = { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53, nodePort: 30053 }
const metrics = { name: 'metrics', port: 9090, targetPort: 9090, nodePort: 30090 }

function web({ spec, ports = [http], pods = { 4: here, 5: away }, dualStack, balancer = true, labels }: Made) {
  const metadata = { namespace: 'shop', name: 'web' }
  const families = dualStack === true ? ['IPv4', 'IPv6'] : ['IPv4']
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, labels },
    spec: {
      type: balancer ? 'LoadBalancer' : 'ClusterIP',
      clusterIP: '10.96.7.21',
      clusterIPs: ['10.96.7.21', '2001:db8:96::21'].slice(0, families.length),
      ipFamilies: families,
      ports: ports.map((port) => (balancer ? port : { ...port, nodePort: 0 })),
      ...spec,
    },
    status: { loadBalancer: balancer ? { ingress: [{ ip: '198.51.100.77' }] } : {} },
  }
  const slices = families.map((addressType) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...metadata,
      name: `web-${addressType.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType,
    ports: ports.map((port) => ({ ...port, port: 'targetPort' in port ? port.targetPort : 0 })),
    endpoints: Object.entries(pods).map(([pod, nodeName]) => ({
      addresses: [addressType === 'IPv4' ? `10.244.1.${pod}` : `2001:db8:244::${pod}`],
      conditions: { ready: true },
      nodeName,
    })),
  }))
  return [service, ...slices]
}

const local = { spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: 32100 } }
const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i + 10, away]))

// Causes in the rules; the sentence on names is left out.
const cases: readonly { name: string; old: Made; now: Made; says: readonly string[] }[] = [
  {
    name: 'an endpoint replaced',
    old: {},
    now: { pods: { 4: here, 6: away } },
    says: ['port http: endpoint 10.244.1.5:8080 removed, 10.244.1.6:8080 added'],
  },
  {
    name: 'endpoints of both families in one sentence',
    old: { dualStack: true },
    now: { dualStack: true, pods: { 4: here } },
    says: ['port http: endpoints 10.244.1.5:8080, [2001:db8:244::5]:8080 removed'],
  },
  {
    name: 'many endpoints',
    old: { pods: { 4: here, ...many } },
    now: {},
    says: [
      'port http: endpoints 10.244.1.10:8080, 10.244.1.11:8080, 10.244.1.12:8080, 10.244.1.13:8080, 10.244.1.14:8080 and 12 more removed, endpoint 10.244.1.5:8080 added',
    ],
  },
  {
    name: 'the last endpoint gone',
    old: {},
    now: { pods: {} },
    says: ['port http: endpoints 10.244.1.4:8080, 10.244.1.5:8080 removed; now refused: no endpoints'],
  },
  {
    name: 'the first endpoint of both families',
    old: { dualStack: true, pods: {} },
    now: { dualStack: true, pods: { 4: here } },
    says: ['port http: endpoints 10.244.1.4:8080, [2001:db8:244::4]:8080 added; now served (IPv4 and IPv6)'],
  },
  {
    name: 'the last endpoint of this node gone under policy Local',
    old: local,
    now: { ...local, pods: { 5: away } },
    says: ['port http: endpoint 10.244.1.4:8080 removed; traffic from outside now dropped: no local endpoints'],
  },
  {
    name: 'the last endpoint of this node gone under internal policy Local',
    old: { balancer: false, spec: { internalTrafficPolicy: 'Local' } },
    now: { balancer: false, spec: { internalTrafficPolicy: 'Local' }, pods: { 5: away } },
    says: ['port http: endpoint 10.244.1.4:8080 removed; now dropped: no local endpoints'],
  },
  {
    name: 'an endpoint that is on this node now',
    old: local,
    now: { ...local, pods: { 4: here, 5: here } },
    says: ['port http: endpoint under policy Local 10.244.1.5:8080 added'],
  },
  {
    name: 'another cluster IP and service port',
    old: {},
    now: { spec: { clusterIP: '10.96.7.99', clusterIPs: ['10.96.7.99'] }, ports: [{ ...http, port: 8000 }] },
    says: ['port http: cluster IP 10.96.7.21 removed, 10.96.7.99 added; service port 80 removed, 8000 added'],
  },
  {
    name: 'an external IP more and another node port',
    old: {},
    now: { spec: { externalIPs: ['198.51.100.40'] }, ports: [{ ...http, nodePort: 30081 }] },
    says: ['port http: external IP 198.51.100.40 added; node port 30080 removed, 30081 added'],
  },
  {
    name: 'a node port in both families',
    old: { dualStack: true },
    now: { dualStack: true, ports: [{ ...http, nodePort: 30081 }] },
    says: ['port http: node port 30080 removed, 30081 added (IPv4 and IPv6)'],
  },
  {
    name: 'no load balancer any more',
    old: {},
    now: { balancer: false },
    says: ['port http: load balancer IP 198.51.100.77 removed; node port 30080 removed'],
  },
  {
    name: 'an address of a service that is refused has no kind',
    old: { pods: {} },
    now: { pods: {}, spec: { externalIPs: ['198.51.100.40'] } },
    says: ['port http: external address 198.51.100.40 added'],
  },
  {
    name: 'an address that is refused stays the address that it was',
    old: { spec: { externalIPs: ['198.51.100.40'] }, pods: { 5: away } },
    now: { spec: { externalIPs: ['198.51.100.40'] }, pods: {} },
    says: ['port http: endpoint 10.244.1.5:8080 removed; now refused: no endpoints'],
  },
  {
    name: 'source ranges set; the address of the load balancer, which the node needs, is none',
    old: {},
    now: { spec: { loadBalancerSourceRanges: ['203.0.113.0/24', '192.0.2.0/24'] } },
    says: ['port http: source ranges 192.0.2.0/24, 203.0.113.0/24 added'],
  },
  {
    name: 'another source range',
    old: { spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] } },
    now: { spec: { loadBalancerSourceRanges: ['203.0.113.128/25'] } },
    says: ['port http: source range 203.0.113.0/24 removed, 203.0.113.128/25 added'],
  },
  {
    name: 'source ranges do not go because endpoints do',
    old: { spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] }, pods: { 4: here } },
    now: { spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] }, pods: {} },
    says: ['port http: endpoint 10.244.1.4:8080 removed; now refused: no endpoints'],
  },
  {
    name: 'session affinity does not go because endpoints do',
    old: { spec: affinity(600) },
    now: { spec: affinity(600), pods: {} },
    says: ['port http: endpoints 10.244.1.4:8080, 10.244.1.5:8080 removed; now refused: no endpoints'],
  },
  {
    name: 'session affinity switched on',
    old: {},
    now: { spec: { sessionAffinity: 'ClientIP' } },
    says: ['port http: session affinity changed from none to 10800 s'],
  },
  {
    name: 'another timeout, of every port',
    old: { ports: [http, metrics], spec: affinity(600) },
    now: { ports: [http, metrics], spec: affinity(300) },
    says: ['session affinity changed from 600 s to 300 s'],
  },
  {
    name: 'external traffic policy',
    old: {},
    now: local,
    says: ['port http: external traffic policy changed from Cluster to Local', 'health check node port 32100 added'],
  },
  {
    name: 'the health check of a port that is not TCP is TCP',
    old: { ports: [udp] },
    now: { ports: [udp], ...local },
    says: ['port dns: external traffic policy changed from Cluster to Local', 'health check node port 32100 added'],
  },
  {
    name: 'internal traffic policy',
    old: { balancer: false },
    now: { balancer: false, spec: { internalTrafficPolicy: 'Local' } },
    says: ['port http: endpoint 10.244.1.5:8080 removed; internal traffic policy changed from Cluster to Local'],
  },
  {
    name: 'a port more',
    old: {},
    now: { ports: [http, metrics] },
    says: [
      'port metrics: new; cluster IP 10.96.7.21:9090; load balancer IP 198.51.100.77; node port 30090; 2 endpoints',
    ],
  },
  { name: 'a port less', old: { ports: [http, metrics] }, now: {}, says: ['port metrics: removed'] },
  {
    name: 'a family more',
    old: { balancer: false },
    now: { balancer: false, dualStack: true },
    says: [
      'port http: cluster IP 2001:db8:96::21 added; endpoints [2001:db8:244::4]:8080, [2001:db8:244::5]:8080 added',
    ],
  },
  {
    name: 'another protocol under the same name is another port',
    old: { ports: [{ ...http, protocol: 'UDP' }] },
    now: {},
    says: [
      'port http/TCP: new; cluster IP 10.96.7.21:80; load balancer IP 198.51.100.77; node port 30080; 2 endpoints',
      'port http/UDP: removed',
    ],
  },
  {
    name: 'left to another proxy',
    old: { balancer: false },
    now: { balancer: false, labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
    says: ['port http: removed'],
  },
  {
    name: 'taken over from another proxy',
    old: { balancer: false, ports: [http, metrics], labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
    now: { balancer: false, ports: [http, metrics] },
    says: [
      'port http: new; cluster IP 10.96.7.21:80; 2 endpoints',
      'port metrics: new; cluster IP 10.96.7.21:9090; 2 endpoints',
    ],
  },
  {
    name: 'a port without a name',
    old: { ports: [{ ...http, name: '' }] },
    now: { ports: [{ ...http, name: '' }], pods: { 4: here } },
    says: ['endpoint 10.244.1.5:8080 removed'],
  },
]

function affinity(timeoutSeconds: number): object {
  return { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } }
}

test.each(cases)('$name', ({ old, now, says }) => {
  const [before, after] = [old, now].map((made) => stateSide(clusterOfObjects([...web(made), node(['192.0.2.7'])])))
  if (before === undefined || after === undefined) throw new Error('unreachable')
  const said = sentences(reportDifferences(before, after))
    .slice(0, -1)
    .map((line) => line.replace(/^Service shop\/web(, |: )/, '').replace(/(^|; )DNS names? .*$/, ''))
  expect(said.filter((line) => line !== '')).toEqual(says)
})

const summary = (line: string) => [expect.stringMatching(new RegExp(`^${line}; \\d+ lines? to add, \\d+ to remove$`))]
const report = (old: readonly object[], now: readonly object[]) =>
  sentences(reportDifferences(stateSide(clusterOfObjects(old)), stateSide(clusterOfObjects(now))))

test('a Service more, a Service less', () => {
  expect(report([], web({ dualStack: true }))).toEqual([
    'Service shop/web: new; cluster IPs 10.96.7.21:80, [2001:db8:96::21]:80; load balancer IP 198.51.100.77; node port 30080; 4 endpoints',
    ...summary('1 Service differs: 1 new'),
  ])
  expect(report(web({}), [])).toEqual(['Service shop/web: removed', ...summary('1 Service differs: 1 removed')])
  expect(report([], web({ balancer: false, ports: [http, metrics] }))[0]).toBe(
    'Service shop/web: new; cluster IPs 10.96.7.21:80, 10.96.7.21:9090; 2 endpoints',
  )
  expect(report([], web({ balancer: false, pods: {} }))[0]).toBe(
    'Service shop/web: new; cluster IP 10.96.7.21:80; no endpoints',
  )
})

const headless = (pods: Record<number, string>) =>
  web({ balancer: false, pods, spec: { clusterIP: 'None', clusterIPs: ['None'] } })

test('a headless Service is its names', () => {
  expect(report([], headless({ 4: here }))).toEqual([
    'Service shop/web: new; DNS names web.shop, 10-244-1-4.web.shop, _http._tcp.web.shop',
    ...summary('1 Service differs: 1 new'),
  ])
  expect(report(headless({ 4: here }), headless({ 4: here, 5: away }))[0]).toBe(
    'Service shop/web: DNS name 10-244-1-5.web.shop added, DNS names web.shop, _http._tcp.web.shop changed',
  )
})

test('records of no Service are not of one', () => {
  const dns = { namespace: 'kube-system', name: 'kube-dns' }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: dns, spec: { clusterIP: '10.96.0.10', ports: [] } }
  expect(report([], [service])).toEqual([
    'Not of one Service: DNS name ns.dns.cluster.local added, cluster.local changed',
    'Service kube-system/kube-dns: new; DNS name kube-dns.kube-system',
    ...summary('1 Service differs: 1 new, and what is not of one Service'),
  ])
})

test('options: what tells pods, masquerading all, where node ports are open', () => {
  const made = clusterOfObjects([...web(local), node(['192.0.2.7'])])
  const said = (old: object, now: object) =>
    sentences(reportDifferences(stateSide(made, old), stateSide(made, now))).slice(0, -1)
  const bridge = { localDetection: { mode: 'BridgeInterface', name: 'cbr0' } }
  expect(said({}, bridge)).toEqual([
    'Service shop/web, port http: masquerading changed from all but 10.244.0.0/16 to all but cbr0; source of pod traffic changed from 10.244.0.0/16 to cbr0',
  ])
  expect(said({}, { masqueradeAll: true })).toEqual([
    'Service shop/web, port http: masquerading changed from all but 10.244.0.0/16 to all traffic',
  ])
  expect(said({}, { nodePortNetworks: 'primary' })).toEqual([
    'Not of one Service: addresses with node ports changed from every address of the node but 127.0.0.0/8 to 192.0.2.7 (IPv4)',
    'Not of one Service: addresses with node ports changed from every address of the node but ::1 to none (IPv6)',
  ])
  expect(said({}, { masqueradeBit: 15 })).toEqual([
    'Not of one Service: rules of filter KUBE-FORWARD differ (IPv4 and IPv6)',
    'Not of one Service: rules of nat KUBE-POSTROUTING differ (IPv4 and IPv6)',
    'Not of one Service: rules of nat KUBE-MARK-MASQ differ (IPv4 and IPv6)',
  ])
})

function node(addresses: readonly string[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: here },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  }
}

test('a cluster that becomes large leaves comments out', () => {
  const small = benchObjects(100, 10)
  const large = small.with(1, benchSlice(0, 11))
  const [first, ...others] = report(small, large).slice(0, -1)
  expect(first).toBe('Service bench-0/service-0, port http: endpoint 10.128.0.10:8080 added')
  expect(others).toContain('Service bench-1/service-1: only comments or order changed')
  expect(others.filter((line) => line.endsWith(': only comments or order changed'))).toHaveLength(99)
})
