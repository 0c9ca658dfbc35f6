import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { Zone } from '../../src/dns/zone.ts'
import type { ModelObject } from '../../src/model/object.ts'
import { options, service, slice, zoneOf } from './cluster.ts'
import { ports, serviceKeys, zoneEvent, ZoneObjects } from './zone-events.ts'

const asked = [
  ...serviceKeys.flatMap((name) => {
    const base = `${name.split('/').reverse().join('.')}.svc.cluster.local`
    return [base, `h.${base}`, `10-0-0-1.${base}`, `_http._tcp.${base}`, `_tcp.${base}`]
  }),
  ...['web', 'db', 'none', 'kube-system'].map((name) => `${name}.svc.cluster.local`),
  ...['1.0.0.10', '2.0.0.10', '1.1.0.10', '0.0.10', '1.0.10', '10'].map((name) => `${name}.in-addr.arpa`),
  'cluster.local',
  'ns.dns.cluster.local',
  '8.b.d.0.1.0.0.2.ip6.arpa',
]

function everyAnswer(zone: Zone): readonly string[] {
  return asked.flatMap((name) =>
    ['A', 'AAAA', 'SRV', 'PTR', 'NS'].map((type) => {
      const { rcode, answers, authority, additional } = lookup(zone, name, type)
      return `${name} ${type} ${rcode} ${[...answers, ...authority, ...additional].map(formatRecord).join(' | ')}`
    }),
  )
}

test('updates, in whatever order, end in the zone that a fresh build gives', () => {
  fc.assert(
    fc.property(fc.array(zoneEvent, { maxLength: 40 }), (events) => {
      const zone = new Zone(options)
      zone.synced = true
      const objects = new ZoneObjects()
      for (const change of events) objects.apply(zone, change)
      const fresh = objects.fresh()
      expect(zoneFile(zone)).toBe(zoneFile(fresh))
      expect(everyAnswer(zone)).toEqual(everyAnswer(fresh))
    }),
    { numRuns: 300, seed: 20261121 },
  )
})

test('taking everything away leaves the empty zone', () => {
  const zone = zoneOf([
    service('kube-system/kube-dns', { clusterIPs: ['10.0.0.10'], ports }),
    service('web/a', { clusterIPs: ['10.0.0.1', '2001:db8::1'], ports }),
    slice('web/a-x', 'a', ['10.0.0.2'], ports),
  ])
  zone.setService('kube-system/kube-dns', undefined)
  zone.setService('web/a', undefined)
  expect(zoneFile(zone)).toBe(zoneFile(new Zone(options)))
  for (const name of ['web.svc.cluster.local', '0.0.10.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa']) {
    expect(lookup(zone, name, 'A').rcode).toBe('NXDOMAIN')
  }
})

function pointer(zone: Zone): readonly string[] {
  return lookup(zone, '1.0.0.10.in-addr.arpa', 'PTR').answers.map(formatRecord)
}

function withAddress(key: string): ModelObject {
  return service(key, { clusterIPs: ['10.0.0.1'], ports })
}

test('a cluster IP hides endpoints with its address, and the first service by name wins', () => {
  const zone = zoneOf([
    withAddress('web/b'),
    withAddress('web/a'),
    service('web/c', { clusterIPs: [], ports }),
    slice('web/c-x', 'c', ['10.0.0.1'], ports),
  ])
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR a.web.svc.cluster.local.'])
  zone.setService('web/a', undefined)
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR b.web.svc.cluster.local.'])
  zone.setService('web/b', undefined)
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR 10-0-0-1.c.web.svc.cluster.local.'])
})
