import { expect, test } from 'vitest'
import { formatRecord } from '../../src/dns/lookup.ts'
import { zoneFile } from '../../src/dns/zone-file.ts'
import { zoneTransfer } from '../../src/dns/zone-transfer.ts'
import type { Zone } from '../../src/dns/zone.ts'
import { service, slice, zoneOf } from './cluster.ts'
import { zone as everything } from './fixture.ts'

const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]

function transferred(zone: Zone, name: string): readonly string[] {
  const origin = zone.originOf(name)
  if (origin?.name !== name) throw new RangeError(`${name} is no zone`)
  return [...zoneTransfer(zone, origin)].flatMap(({ owner, rrset }) => rrset.records(owner).map(formatRecord))
}

test('SOA, name servers, their addresses, services by name, SOA', () => {
  const zone = zoneOf([
    service('kube-system/kube-dns', {
      clusterIPs: ['10.96.0.10'],
      ports: [{ name: 'dns', protocol: 'UDP', port: 53 }],
    }),
    service('web/b', { type: 'ExternalName', externalName: 'example.com' }),
    service('web/a', { clusterIP: 'None', ports }),
    slice('web/a-1', 'a', ['10.244.0.1'], ports),
  ])
  const soa = 'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 5'
  const kubeDns = 'kube-dns.kube-system.svc.cluster.local.'
  const a = 'a.web.svc.cluster.local.'
  expect(transferred(zone, 'cluster.local.')).toEqual([
    soa,
    `cluster.local. 5 IN NS ${kubeDns}`,
    `${kubeDns} 5 IN A 10.96.0.10`,
    'ns.dns.cluster.local. 5 IN A 10.96.0.10',
    'dns-version.cluster.local. 28800 IN TXT "1.1.0"',
    `${kubeDns} 5 IN SRV 0 100 53 ${kubeDns}`,
    `_dns._udp.${kubeDns} 5 IN SRV 0 100 53 ${kubeDns}`,
    `${a} 5 IN A 10.244.0.1`,
    `${a} 5 IN SRV 0 100 80 10-244-0-1.${a}`,
    `10-244-0-1.${a} 5 IN A 10.244.0.1`,
    `10-244-0-1.${a} 5 IN SRV 0 100 80 10-244-0-1.${a}`,
    `_http._tcp.${a} 5 IN SRV 0 100 80 10-244-0-1.${a}`,
    'b.web.svc.cluster.local. 5 IN CNAME example.com.',
    soa,
  ])
  expect(transferred(zone, 'in-addr.arpa.')).toEqual([
    'in-addr.arpa. 5 IN SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. 0 7200 1800 86400 5',
    `in-addr.arpa. 5 IN NS ${kubeDns}`,
    `1.0.244.10.in-addr.arpa. 5 IN PTR 10-244-0-1.${a}`,
    `10.0.96.10.in-addr.arpa. 5 IN PTR ${kubeDns}`,
    'in-addr.arpa. 5 IN SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. 0 7200 1800 86400 5',
  ])
})

test('the transfers of all its zones are the zone, each record once', () => {
  const all = everything.origins.flatMap(({ name }) => {
    const records = transferred(everything, name)
    expect(new Set(records).size).toBe(records.length - 1)
    // The zone file has no SOA and NS of reverse zones.
    return records.slice(name === everything.apex ? 1 : 2, -1)
  })
  const file = zoneFile(everything).split('\n')
  expect([...all].sort()).toEqual(file.filter((line) => line !== '' && !/^;| SOA /.test(line)).sort())
})
