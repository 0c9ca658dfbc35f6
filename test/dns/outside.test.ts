import { expect, test } from 'vitest'
import { recordTypes } from '../../src/dns/record-type.ts'
import { resolve } from '../../src/dns/resolution.ts'
import { Zone } from '../../src/dns/zone.ts'
import { service, zoneOf } from './cluster.ts'

const alias = (name: string, externalName: string) => service(`ext/${name}`, { type: 'ExternalName', externalName })

const zone = zoneOf(
  [
    alias('outside', 'Api.example.net'),
    alias('twice', 'outside.ext.svc.cluster.local'),
    alias('beside', 'front.web.svc.second.test'),
    alias('inside', 'front.web.svc.cluster.local'),
    ...Array.from({ length: 12 }, (_, i) => alias(`a${i}`, `a${i + 1}.ext.svc.cluster.local`)),
    service('web/front', { clusterIPs: ['10.96.0.20'] }),
  ],
  { domain: 'cluster.local', ttl: 5, otherDomains: ['second.test'] },
)

const cases = [
  { name: 'outside', type: 'A', outside: 'Api.example.net.', aliases: 1 },
  { name: 'outside', type: 'AAAA', outside: 'Api.example.net.', aliases: 1 },
  { name: 'twice', type: 'A', outside: 'Api.example.net.', aliases: 2 },
  // Another zone of ours has an SOA of its own, so that name is asked anew.
  { name: 'beside', type: 'A', outside: 'front.web.svc.second.test.', aliases: 1 },
  { name: 'outside', type: 'CNAME', outside: undefined, aliases: 1 },
  { name: 'outside', type: 'TXT', outside: undefined, aliases: 0 },
  { name: 'inside', type: 'A', outside: undefined, aliases: 1 },
  { name: 'inside', type: 'AAAA', outside: undefined, aliases: 1 },
  { name: 'a0', type: 'A', outside: undefined, aliases: 11 },
] as const

test.each(cases)('$name $type leaves the zone at $outside', ({ name, type, outside, aliases }) => {
  const resolution = resolve(zone, `${name}.ext.svc.cluster.local.`, recordTypes[type])
  expect(resolution.outside).toBe(outside)
  expect(resolution.rcode).toBe('NOERROR')
  expect(resolution.answers.filter(({ rrset }) => rrset.type === recordTypes.CNAME)).toHaveLength(aliases)
})

test('domains that are none are named', () => {
  expect(() => new Zone({ domain: 'a', ttl: 5, otherDomains: ['b..c'] })).toThrow('Cannot serve the zone "b..c"')
  expect(() => new Zone({ domain: 'a', ttl: 5, reverseZones: ['.'] })).toThrow('Cannot serve the zone "."')
})
