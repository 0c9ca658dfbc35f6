import { expect, test } from 'vitest'
import { nameCauses } from '../../src/dns/name-cause.ts'
import { ZoneSide } from '../../src/dns/zone-side.ts'

const zone = (...lines: readonly string[]) => new ZoneSide(lines, 'cluster.local.')

test.each([
  ['cart.shop.svc.cluster.local. 5 IN A 10.96.7.20', 'shop/cart'],
  ['_http._tcp.cart.shop.svc.cluster.local. 5 IN SRV 0 100 80 cart.shop.svc.cluster.local.', 'shop/cart'],
  ['db-0.db.shop.svc.cluster.local. 5 IN A 10.244.1.9', 'shop/db'],
  ['9.1.244.10.in-addr.arpa. 5 IN PTR db-0.db.shop.svc.cluster.local.', 'shop/db'],
  ['cluster.local. 5 IN NS kube-dns.kube-system.svc.cluster.local.', undefined],
  ['cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 5', undefined],
  ['ns.dns.cluster.local. 5 IN A 10.96.0.10', undefined],
  ['dns-version.cluster.local. 28800 IN TXT "1.1.0"', undefined],
  ['; in-addr.arpa and ip6.arpa', undefined],
])('%s belongs to %s', (line, service) => {
  expect(zone(line).serviceOf(line)).toBe(service)
})

test('names that went, came and changed', () => {
  const [gone, came] = ['a.db.shop.svc.cluster.local. 5 IN A 10.0.0.1', 'b.db.shop.svc.cluster.local. 5 IN A 10.0.0.2']
  const [old, now] = ['db.shop.svc.cluster.local. 5 IN A 10.0.0.1', 'db.shop.svc.cluster.local. 5 IN A 10.0.0.2']
  const pointer = '2.0.0.10.in-addr.arpa. 5 IN PTR b.db.shop.svc.cluster.local.'
  expect(nameCauses(zone(gone, old), zone(came, now), [gone, came, old, now, pointer])).toEqual([
    { kind: 'DNS name', removed: ['a.db.shop'], added: ['b.db.shop'], changed: ['db.shop'] },
  ])
  expect(nameCauses(zone(old), zone(old), [])).toEqual([])
})

test('an apex that is not the usual one', () => {
  const line = 'cart.shop.svc.k8s.example.com. 5 IN A 10.96.7.20'
  expect(new ZoneSide([line], 'k8s.example.com.').serviceOf(line)).toBe('shop/cart')
  expect(zone(line).serviceOf(line)).toBeUndefined()
})
