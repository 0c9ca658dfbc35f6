import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { serviceRecords } from '../../src/dns/service-records.ts'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { Zone } from '../../src/dns/zone.ts'
import type { ModelObject } from '../../src/model/object.ts'
import { options, service, slice, zoneOf } from './cluster.ts'

const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
// Few names and few addresses, so that services meet at the same PTR, namespace and name server.
const keys = ['kube-system/kube-dns', 'web/a', 'web/b', 'db/a', 'db/tcp'] as const
const addresses = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '2001:db8::1', '2001:db8::2'] as const

const key = fc.constantFrom(...keys)
const address = fc.constantFrom(...addresses)
const endpoint = fc.record({
  addresses: address.map((ip) => [ip]),
  hostname: fc.option(fc.constantFrom('h', 'i'), { nil: undefined }),
  conditions: fc.record({ ready: fc.boolean() }),
})
const spec = fc.oneof(
  fc.record({
    clusterIPs: fc.uniqueArray(address, { maxLength: 2, selector: (ip) => ip.includes(':') }),
    ports: fc.constant(ports),
  }),
  fc.constant({ clusterIP: 'None', ports }),
  fc.record({
    type: fc.constant('ExternalName'),
    externalName: fc.constantFrom('a.web.svc.cluster.local', 'example.com', '192.0.2.1'),
  }),
)
const event = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), key, spec: fc.option(spec) }),
  fc.record({ kind: fc.constant('slice' as const), key, endpoints: fc.array(endpoint, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('namespace' as const),
    name: fc.constantFrom('web', 'db', 'none'),
    exists: fc.boolean(),
  }),
)

const asked = [
  ...keys.flatMap((name) => {
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
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const zone = new Zone(options)
      zone.synced = true
      const services = new Map<string, ModelObject>()
      const slices = new Map<string, ModelObject>()
      const namespaces = new Set<string>()
      for (const change of events) {
        if (change.kind === 'namespace') {
          if (change.exists) namespaces.add(change.name)
          else namespaces.delete(change.name)
          zone.setNamespace(change.name, change.exists)
          continue
        }
        if (change.kind === 'slice')
          slices.set(
            change.key,
            slice(`${change.key}-x`, change.key.split('/')[1] ?? '', oneFamily(change.endpoints), ports),
          )
        else if (change.spec) services.set(change.key, service(change.key, change.spec))
        else services.delete(change.key)
        const model = services.get(change.key)
        const ofService = slices.get(change.key)
        const slicesOfService = ofService?.kind === 'EndpointSlice' ? [ofService] : []
        const records = model?.kind === 'Service' ? serviceRecords(model, slicesOfService, options) : undefined
        zone.setService(change.key, records)
      }
      const fresh = zoneOf([...services.values(), ...slices.values()])
      for (const name of namespaces) fresh.setNamespace(name, true)
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

test('a cluster IP hides endpoints with its address, and the first service by name wins', () => {
  const at = (name: string): ModelObject => service(`web/${name}`, { clusterIPs: ['10.0.0.1'], ports })
  const zone = zoneOf([
    at('b'),
    at('a'),
    service('web/c', { clusterIPs: [], ports }),
    slice('web/c-x', 'c', ['10.0.0.1'], ports),
  ])
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR a.web.svc.cluster.local.'])
  zone.setService('web/a', undefined)
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR b.web.svc.cluster.local.'])
  zone.setService('web/b', undefined)
  expect(pointer(zone)).toEqual(['1.0.0.10.in-addr.arpa. 5 IN PTR 10-0-0-1.c.web.svc.cluster.local.'])
})

/** A slice holds one family. */
function oneFamily<T extends { readonly addresses: readonly string[] }>(endpoints: readonly T[]): readonly T[] {
  const isIpv6 = ({ addresses: [ip] }: T): boolean => ip?.includes(':') === true
  const [first] = endpoints
  return first ? endpoints.filter((candidate) => isIpv6(candidate) === isIpv6(first)) : []
}
