import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { DnsTable } from '../../src/agent/dns-table.ts'
import { lookup } from '../../src/dns/lookup.ts'
import type { ZoneOptions } from '../../src/dns/zone-options.ts'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { Field } from '../../src/model/field.ts'
import { parseObject, type ModelObject } from '../../src/model/object.ts'

const basic: ZoneOptions = { domain: 'cluster.local', ttl: 5 }
const selective: ZoneOptions = {
  ...basic,
  otherDomains: ['second.test'],
  reverseZones: ['10.in-addr.arpa'],
  namespaceLabels: [{ key: 'names', operator: 'In', values: ['yes'] }],
  labels: [{ key: 'hidden', operator: 'DoesNotExist' }],
  pods: 'verified',
  endpointPodNames: true,
  ignoreEmptyServices: true,
  zonal: true,
}
const everyOptions: readonly ZoneOptions[] = [
  basic,
  selective,
  { ...basic, namespaceLabels: [{ key: 'names', operator: 'Exists' }] },
  { ...basic, reverseZones: ['0.0.10.in-addr.arpa'] },
  { ...basic, pods: 'insecure', namespaces: ['web'] },
  { ...basic, noEndpoints: true },
  { ...basic, domain: 'example.org', external: { label: 'dns', headless: true } },
  { ...basic, domain: 'clusterset.local', clusterset: true },
]

function object(kind: string, namespace: string, name: string, labels: object, more: object): ModelObject {
  const versions: Readonly<Record<string, string>> = {
    EndpointSlice: 'discovery.k8s.io/v1',
    ServiceImport: 'multicluster.x-k8s.io/v1alpha1',
  }
  const metadata = { ...(namespace !== '' && { namespace }), name, labels }
  const parsed = parseObject(new Field({ apiVersion: versions[kind] ?? 'v1', kind, metadata, ...more }))
  if (parsed === undefined) throw new TypeError('the model does not know this object')
  return parsed
}

function pod(own: string, phase: string, deletionTimestamp?: string): ModelObject {
  const metadata = { namespace: 'web', name: own, ...(deletionTimestamp !== undefined && { deletionTimestamp }) }
  const parsed = parseObject(
    new Field({ apiVersion: 'v1', kind: 'Pod', metadata, status: { podIP: '192.0.2.1', phase } }),
  )
  if (parsed === undefined) throw new TypeError('the model does not know pods')
  return parsed
}

const namespace = fc.constantFrom('web', 'db')
const name = fc.constantFrom('a', 'b')
const labels = fc.constantFrom({}, { hidden: 'yes' })
const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1')
const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
const endpoint = fc.record({
  addresses: address.map((ip) => [ip]),
  conditions: fc.record({ ready: fc.boolean() }),
  zone: fc.constantFrom('eu-1a', 'eu-1.B'),
  targetRef: fc.record({ kind: fc.constant('Pod'), name: fc.constantFrom('p', 'q') }),
})
const slice = { addressType: 'IPv4', ports }
const anyObject = fc.oneof(
  fc
    .tuple(namespace, fc.constantFrom({}, { names: 'yes' }))
    .map(([space, names]) => object('Namespace', '', space, names, {})),
  fc
    .tuple(
      namespace,
      name,
      labels,
      fc.constantFrom('None', '10.0.0.1', '10.0.1.1'),
      fc.array(address, { maxLength: 1 }),
    )
    .map(([space, own, set, clusterIP, externalIPs]) =>
      object('Service', space, own, set, { spec: { clusterIP, externalIPs, ports } }),
    ),
  fc
    .tuple(namespace, name, name, labels, fc.array(endpoint, { maxLength: 2 }))
    .map(([space, own, service, set, endpoints]) =>
      object('EndpointSlice', space, own, { ...set, 'kubernetes.io/service-name': service }, { ...slice, endpoints }),
    ),
  fc
    .tuple(namespace, name, labels, address, fc.constantFrom('Running', 'Succeeded'))
    .map(([space, own, set, podIP, phase]) => object('Pod', space, own, set, { status: { podIP, phase } })),
  fc
    .tuple(namespace, name, fc.constantFrom('Headless', 'ClusterSetIP'), address)
    .map(([space, own, type, ip]) => object('ServiceImport', space, own, {}, { spec: { type, ips: [ip], ports } })),
  fc
    .tuple(namespace, fc.constantFrom('x', 'y'), name, fc.constantFrom('berlin', 'paris'), fc.array(endpoint))
    .map(([space, own, imported, cluster, endpoints]) => {
      const of = 'multicluster.kubernetes.io'
      return object(
        'EndpointSlice',
        space,
        own,
        { [`${of}/service-name`]: imported, [`${of}/source-cluster`]: cluster },
        { ...slice, endpoints },
      )
    }),
)

test.each(everyOptions.map((options) => [options]))(
  'changes in any order end in what a start gives: %j',
  async (options) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 15 }), async (events) => {
        const store = new ClusterStore()
        const table = new DnsTable(store, options)
        for (const [changed, put] of events) {
          const before = zoneFile(table.zone)
          const raised = await isRaised(table, () => {
            const touched = put ? store.put(changed) : store.remove(changed)
            return [...table.touch(touched), ...table.touchObject(changed)]
          })
          table.zone.serial = 0
          // Names that are not in the file may have come too, but a change of the file always raises the serial.
          if (zoneFile(table.zone) !== before) expect(raised).toBe(true)
        }
        const fresh = new DnsTable(store, options)
        fresh.zone.synced = table.zone.synced
        expect(zoneFile(table.zone)).toBe(zoneFile(fresh.zone))
        expect([...table.zone.owners.keys()].filter((owner) => table.zone.originOf(owner) === undefined)).toEqual([])
        for (const asked of ['web.svc', 'db.pod', '10-0-0-1.web.pod', 'a.web.svc', 'web', 'x.prefer._zone.a.web.svc']) {
          const full = `${asked}.${options.domain}`
          expect([full, lookup(table.zone, full, 'A')]).toEqual([full, lookup(fresh.zone, full, 'A')])
        }
      }),
      { numRuns: 200, seed: 20261121 },
    )
  },
)

describe('what changes no record is told as no change', () => {
  const service = (more: object): ModelObject =>
    object('Service', 'web', 'a', {}, { spec: { clusterIP: '10.0.0.1', ports }, ...more })
  const endpoints = (...ready: readonly boolean[]): ModelObject =>
    object(
      'EndpointSlice',
      'web',
      'a-1',
      { 'kubernetes.io/service-name': 'a' },
      { ...slice, endpoints: ready.map((is, i) => ({ addresses: [`10.1.0.${i}`], conditions: { ready: is } })) },
    )
  const cases = [
    {
      what: 'a label',
      change: object('Service', 'web', 'a', { team: 'x' }, { spec: { clusterIP: '10.0.0.1', ports } }),
      want: false,
    },
    {
      what: 'a node port',
      change: service({ spec: { clusterIP: '10.0.0.1', ports: [{ ...ports[0], nodePort: 30080 }] } }),
      want: false,
    },
    { what: 'an endpoint that is not ready', change: endpoints(true), want: false },
    { what: 'an endpoint that becomes ready', change: endpoints(true, true), want: true },
    {
      what: 'a service port',
      change: service({ spec: { clusterIP: '10.0.0.1', ports: [{ ...ports[0], port: 81 }] } }),
      want: true,
    },
    {
      what: 'a pod, without names of pods',
      change: object('Pod', 'web', 'p', {}, { status: { podIP: '10.1.0.9' } }),
      want: false,
    },
  ]
  test.each(cases)('$what: $want', async ({ change, want }) => {
    const store = new ClusterStore([service({}), endpoints(true, false)])
    const table = new DnsTable(store, basic)
    expect(await isRaised(table, () => [...table.touch(store.put(change)), ...table.touchObject(change)])).toBe(want)
  })
})

test('a slice of a service that is not there changes nothing', async () => {
  const store = new ClusterStore()
  const table = new DnsTable(store, basic)
  const orphan = object('EndpointSlice', 'web', 's', { 'kubernetes.io/service-name': 'a' }, { ...slice, endpoints: [] })
  expect(await isRaised(table, () => table.touch(store.put(orphan)))).toBe(false)
})

test('a cluster IP that becomes the address of an endpoint has another PTR, and no other change', async () => {
  const service = (clusterIP: string): ModelObject => object('Service', 'web', 'a', {}, { spec: { clusterIP } })
  const endpoints = [{ addresses: ['10.0.0.1'] }]
  const one = object(
    'EndpointSlice',
    'web',
    's',
    { 'kubernetes.io/service-name': 'a' },
    { ...slice, ports: [], endpoints },
  )
  const store = new ClusterStore([service('10.0.0.1'), one])
  const table = new DnsTable(store, basic)
  expect(await isRaised(table, () => table.touch(store.put(service('None'))))).toBe(true)
  expect(zoneFile(table.zone)).toContain('1.0.0.10.in-addr.arpa. 5 IN PTR 10-0-0-1.a.web.svc.cluster.local.')
})

test('an imported slice takes its endpoints with it', async () => {
  const of = 'multicluster.kubernetes.io'
  const berlin = { [`${of}/service-name`]: 'a', [`${of}/source-cluster`]: 'berlin' }
  const imported = object('EndpointSlice', 'web', 's', berlin, { ...slice, endpoints: [{ addresses: ['10.1.0.1'] }] })
  const headless = object('ServiceImport', 'web', 'a', {}, { spec: { type: 'Headless', ports } })
  const store = new ClusterStore([headless, imported])
  const table = new DnsTable(store, { ...basic, clusterset: true })
  expect(zoneFile(table.zone)).toContain('10-1-0-1.berlin.a.web.svc.cluster.local. 5 IN A 10.1.0.1')
  expect(await isRaised(table, () => table.touch(store.remove(imported)))).toBe(true)
  expect(zoneFile(table.zone)).not.toContain('10.1.0.1')
})

test('a name of pods is there until the last pod has ended, whether or not one is being deleted', () => {
  const store = new ClusterStore([object('Namespace', '', 'web', {}, {}), pod('p', 'Running'), pod('q', 'Running')])
  const table = new DnsTable(store, { ...basic, pods: 'verified' })
  table.zone.synced = true
  const after = (change: ModelObject, put: boolean): string => {
    if (put) store.put(change)
    else store.remove(change)
    table.touchObject(change)
    return lookup(table.zone, '192-0-2-1.web.pod.cluster.local', 'A').rcode
  }
  expect(after(pod('p', 'Running'), false)).toBe('NOERROR')
  expect(after(pod('q', 'Running', '2026-11-21T09:00:00Z'), true)).toBe('NOERROR')
  expect(after(pod('q', 'Succeeded'), true)).toBe('NXDOMAIN')
})

/** Whether a change raises the serial of the zone. */
async function isRaised(table: DnsTable, change: () => readonly string[]): Promise<boolean> {
  await table.commit(1)
  expect(change()).toEqual([])
  await table.commit(2)
  return table.zone.serial === 2
}
