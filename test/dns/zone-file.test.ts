import { expect, test } from 'vitest'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { service, slice, zoneOf } from './cluster.ts'

test('the zone file lists every RRset, in the canonical order of names', () => {
  const zone = zoneOf([
    service('web/front', {
      clusterIPs: ['10.96.0.20', '2001:db8::20'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    }),
    slice('web/front-a', 'front', ['10.244.1.7'], [{ name: 'http', protocol: 'TCP', port: 8080 }]),
    service('db/mongo', { clusterIP: 'None' }),
    slice(
      'db/mongo-a',
      'mongo',
      [{ addresses: ['10.244.2.1'], hostname: 'mongo-0' }],
      [{ name: '', protocol: 'TCP', port: 27017 }],
    ),
    service('web/out', { type: 'ExternalName', externalName: 'example.com' }),
  ])
  zone.serial = 42
  expect(zoneFile(zone))
    .toBe(`cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 42 7200 1800 86400 5
cluster.local. 5 IN NS ns.dns.cluster.local.
dns-version.cluster.local. 28800 IN TXT "1.1.0"
mongo.db.svc.cluster.local. 5 IN A 10.244.2.1
mongo.db.svc.cluster.local. 5 IN SRV 0 100 27017 mongo-0.mongo.db.svc.cluster.local.
mongo-0.mongo.db.svc.cluster.local. 5 IN A 10.244.2.1
mongo-0.mongo.db.svc.cluster.local. 5 IN SRV 0 100 27017 mongo-0.mongo.db.svc.cluster.local.
front.web.svc.cluster.local. 5 IN A 10.96.0.20
front.web.svc.cluster.local. 5 IN AAAA 2001:db8::20
front.web.svc.cluster.local. 5 IN SRV 0 50 80 front.web.svc.cluster.local.
10-244-1-7.front.web.svc.cluster.local. 5 IN A 10.244.1.7
10-244-1-7.front.web.svc.cluster.local. 5 IN SRV 0 100 8080 10-244-1-7.front.web.svc.cluster.local.
_http._tcp.front.web.svc.cluster.local. 5 IN SRV 0 50 80 front.web.svc.cluster.local.
out.web.svc.cluster.local. 5 IN CNAME example.com.
; in-addr.arpa and ip6.arpa
7.1.244.10.in-addr.arpa. 5 IN PTR 10-244-1-7.front.web.svc.cluster.local.
1.2.244.10.in-addr.arpa. 5 IN PTR mongo-0.mongo.db.svc.cluster.local.
20.0.96.10.in-addr.arpa. 5 IN PTR front.web.svc.cluster.local.
0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 5 IN PTR front.web.svc.cluster.local.
`)
})
