import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DnsTable } from '../../src/agent/dns-table.ts'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { readData } from '../../src/dns/record-data.ts'
import { dataBytes, type RecordData } from '../../src/dns/resource-record.ts'
import { RRset } from '../../src/dns/rrset.ts'
import { packNames, unpackNames } from '../../src/dns/service-names.ts'
import type { ServiceRecords } from '../../src/dns/service-records.ts'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { ZoneReader } from '../../src/dns/zone-reader.ts'
import type { ZoneView } from '../../src/dns/zone-view.ts'
import { Zone } from '../../src/dns/zone.ts'
import { options, service, slice } from './cluster.ts'
import { ports, zoneEvent, ZoneObjects } from './zone-events.ts'

const ballast = fc.record({ kind: fc.constant('ballast' as const), kilobytes: fc.nat({ max: 300 }) })
const commit = fc.record({ kind: fc.constant('commit' as const) })

/** Every name, those without records too. */
function content(zone: ZoneView): readonly string[] {
  const lines = [...zone.owners].map(([name, rrsets]) =>
    [name, ...rrsets.flatMap((rrset) => rrset.records(name).map(formatRecord))].join('\n'),
  )
  return lines.sort()
}

test('new buffers at any moment change nothing, and a reader sees what a fresh build has at every commit', async () => {
  let buffers = 0
  const step = fc.oneof({ weight: 4, arbitrary: zoneEvent }, ballast, commit)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
      const reader: ZoneReader[] = []
      const zone = new Zone(options, {
        seed: [3, 4],
        exchange: async (buffer) => {
          buffers++
          reader[0]?.exchange(buffer)
        },
      })
      reader.push(new ZoneReader(options, zone.buffer))
      const objects = new ZoneObjects()
      for (const change of steps) {
        if (change.kind === 'ballast') zone.putValue('ballast', new Uint8Array(change.kilobytes * 1024))
        else if (change.kind === 'commit') await expectCommitted(zone, reader[0], objects)
        else objects.apply(zone, change)
      }
      await expectCommitted(zone, reader[0], objects)
    }),
    { numRuns: 100, seed: 20261125 },
  )
  expect(buffers).toBeGreaterThan(100)
})

async function expectCommitted(zone: Zone, reader: ZoneReader | undefined, objects: ZoneObjects): Promise<void> {
  await zone.commit()
  const want = content(objects.fresh())
  expect(content(zone)).toEqual(want)
  expect(reader && content(reader.view)).toEqual(want)
}

test('a view stays as it was when it was taken', async () => {
  const zone = new Zone(options)
  const objects = new ZoneObjects()
  objects.apply(zone, { kind: 'service', key: 'web/a', spec: { clusterIPs: ['10.0.0.1'], ports } })
  zone.putValue('pod 10.244.1.7', Buffer.from('web'))
  await zone.commit()
  const { view } = new ZoneReader(options, zone.buffer)
  const before = zoneFile(view)
  objects.apply(zone, { kind: 'service', key: 'web/a', spec: { clusterIP: 'None', ports } })
  zone.putValue('pod 10.244.1.7', undefined)
  await zone.commit()
  expect(zoneFile(view)).toBe(before)
  expect(view.value('pod 10.244.1.7')).toEqual(Uint8Array.from(Buffer.from('web')))
  expect(view.synced).toBe(false)
  expect(zone.value('pod 10.244.1.7')).toBeUndefined()
})

test('a name that loses its records stays as long as there are names below it', () => {
  const zone = new Zone(options)
  const base = 'a.web.svc.cluster.local.'
  const address = new RRset('A', 5, [{ type: 'A', address: '10.0.0.1' }])
  const records = (...names: readonly string[]): ServiceRecords => ({
    namespace: 'web',
    owners: new Map(names.map((name) => [name, [address]])),
    reverse: [],
  })
  zone.setService('web/a', records(base, `x.${base}`))
  zone.setService('web/a', records(`x.${base}`))
  expect(zone.owners.get(base)).toEqual([])
  zone.setService('web/a', records())
  expect(zone.owners.get(base)).toBeUndefined()
})

test('a value is no name', async () => {
  const zone = new Zone(options)
  const names = content(zone)
  zone.putValue('cluster.local.', Buffer.from('x'))
  expect(content(zone)).toEqual(names)
})

test('a service that there is no room for keeps its records and is named, others change, and it is tried again', async () => {
  const store = new ClusterStore([
    service('web/big', { clusterIPs: ['10.0.0.1'], ports }),
    service('web/small', { clusterIPs: ['10.0.0.2'], ports }),
  ])
  const table = new DnsTable(store, options, { maxBytes: 200_000 })
  expect(table.errors).toEqual([])
  const before = zoneFile(table.zone)
  const many = Array.from({ length: 3000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
  store.put(slice('web/big-x', 'big', many, ports))
  expect(table.touch(['web/big'])).toEqual([
    expect.stringMatching(
      /^Cannot answer DNS for Service web\/big as it is now: the DNS table would take \d+ bytes, expected at most 200000$/,
    ),
  ])
  expect(zoneFile(table.zone)).toBe(before)
  store.put(service('web/small', { clusterIPs: ['10.0.0.3'], ports }))
  expect(table.touch(['web/small'])).toHaveLength(1)
  expect(lookup(table.zone, 'small.web.svc.cluster.local', 'A').answers.map(formatRecord)).toEqual([
    'small.web.svc.cluster.local. 5 IN A 10.0.0.3',
  ])
  store.put(slice('web/big-x', 'big', many.slice(0, 3), ports))
  expect(table.touch([])).toEqual([])
  expect(zoneFile(table.zone)).toBe(zoneFile(new DnsTable(store, options).zone))
})

test('zones are those that the options name, and a name is in the longest', () => {
  const zone = new Zone({ ...options, reverseZones: ['10.in-addr.arpa', '0.10.in-addr.arpa'] })
  zone.synced = true
  new ZoneObjects().apply(zone, {
    kind: 'service',
    key: 'web/a',
    spec: { clusterIPs: ['10.0.0.1', '2001:db8::1'], ports },
  })
  expect(zone.origins.map(({ name }) => name)).toEqual(['cluster.local.', '10.in-addr.arpa.', '0.10.in-addr.arpa.'])
  expect(zone.originOf('1.0.0.10.in-addr.arpa.')?.name).toBe('0.10.in-addr.arpa.')
  expect(lookup(zone, '1.0.0.10.in-addr.arpa', 'PTR').rcode).toBe('NOERROR')
  expect(lookup(zone, '1.1.10.in-addr.arpa', 'PTR').authority.map(({ owner }) => owner)).toEqual(['10.in-addr.arpa.'])
  expect([...zone.owners.keys()].filter((name) => name.endsWith('ip6.arpa.'))).toEqual([])
  expect(lookup(zone, '1.0.0.192.in-addr.arpa', 'PTR').rcode).toBe('REFUSED')
})

const label = fc.stringMatching(/^[a-z0-9_]{1,12}$/)
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => `${labels.join('.')}.`)

test('the names of a service come back as they were packed', () => {
  fc.assert(
    fc.property(
      label,
      fc.array(name),
      fc.array(fc.record({ owner: name, target: name, clusterIp: fc.boolean() })),
      (namespace, owners, reverse) => {
        expect(unpackNames(packNames({ namespace, owners, reverse }))).toEqual({ namespace, owners, reverse })
      },
    ),
  )
})

test.each<Exclude<RecordData, { type: 'SOA' }>>([
  { type: 'A', address: '10.96.0.1' },
  { type: 'AAAA', address: '2001:db8::1' },
  { type: 'AAAA', address: '::' },
  { type: 'CNAME', target: 'Example.com.' },
  { type: 'NS', target: 'ns.dns.cluster.local.' },
  { type: 'PTR', target: 'front.web.svc.cluster.local.' },
  { type: 'SRV', weight: 33, port: 65535, target: 'a\\046b.c.' },
  { type: 'TXT', text: '1.1.0' },
])('$type data are read as they were written', (data) => {
  const types = { A: 1, NS: 2, CNAME: 5, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 }
  expect(readData(types[data.type], dataBytes(data))).toEqual(data)
})
