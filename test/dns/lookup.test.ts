import { describe, expect, test } from 'vitest'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { Zone } from '../../src/dns/zone.ts'
import { options } from './cluster.ts'
import { zone } from './fixture.ts'

interface Case {
  readonly ask: string
  /** NODATA is NOERROR without an answer. */
  readonly rcode?: 'NODATA' | 'NXDOMAIN' | 'REFUSED'
  readonly want?: readonly string[]
  readonly additional?: readonly string[]
}

const kubeDns = 'kube-dns.kube-system.svc.cluster.local.'
const mongo = 'mongo.db.svc.cluster.local.'

const tables: Readonly<Record<string, readonly Case[]>> = {
  'cluster IP services': [
    { ask: 'front.web.svc.cluster.local A', want: ['front.web.svc.cluster.local. 5 IN A 10.96.0.20'] },
    { ask: 'Front.WEB.svc.Cluster.local. A', want: ['Front.WEB.svc.Cluster.local. 5 IN A 10.96.0.20'] },
    { ask: 'front.web.svc.cluster.local AAAA', rcode: 'NODATA' },
    { ask: 'six.web.svc.cluster.local A', rcode: 'NODATA' },
    { ask: 'six.web.svc.cluster.local AAAA', want: ['six.web.svc.cluster.local. 5 IN AAAA 2001:db8::60'] },
    ...['CNAME', 'MX', 'TXT', 'NS', 'SOA', 'HTTPS', 'SVCB', 'CAA', 'ANY', 'HINFO', 'PTR', 'TYPE65280'].map(
      (type): Case => ({ ask: `front.web.svc.cluster.local ${type}`, rcode: 'NODATA' }),
    ),
    {
      ask: '_http._tcp.dual.web.svc.cluster.local SRV',
      want: ['_http._tcp.dual.web.svc.cluster.local. 5 IN SRV 0 50 80 dual.web.svc.cluster.local.'],
      additional: [
        'dual.web.svc.cluster.local. 5 IN A 10.96.0.30',
        'dual.web.svc.cluster.local. 5 IN AAAA 2001:db8::30',
      ],
    },
    {
      ask: `${kubeDns} SRV`,
      want: [`${kubeDns} 5 IN SRV 0 33 53 ${kubeDns}`, `${kubeDns} 5 IN SRV 0 33 9153 ${kubeDns}`],
      additional: [`${kubeDns} 5 IN A 10.96.0.10`],
    },
    {
      ask: `_dns._udp.${kubeDns} SRV`,
      want: [`_dns._udp.${kubeDns} 5 IN SRV 0 100 53 ${kubeDns}`],
      additional: [`${kubeDns} 5 IN A 10.96.0.10`],
    },
    { ask: `_dns._tcp.${kubeDns} SRV`, rcode: 'NXDOMAIN' },
    { ask: `_dns._udp.${kubeDns} A`, want: [`_dns._udp.${kubeDns} 5 IN A 10.96.0.10`] },
    {
      ask: `DNS.udp.${kubeDns} SRV`,
      want: [`DNS.udp.${kubeDns} 5 IN SRV 0 100 53 ${kubeDns}`],
      additional: [`${kubeDns} 5 IN A 10.96.0.10`],
    },
    { ask: `_udp.${kubeDns} SRV`, rcode: 'NODATA' },
    { ask: `x._dns._udp.${kubeDns} A`, rcode: 'NXDOMAIN' },
    { ask: 'waiting.web.svc.cluster.local A', rcode: 'NODATA' },
    { ask: 'waiting.web.svc.cluster.local SRV', rcode: 'NODATA' },
    { ask: 'portless.web.svc.cluster.local SRV', rcode: 'NODATA' },
    { ask: 'portless.web.svc.cluster.local A', want: ['portless.web.svc.cluster.local. 5 IN A 10.96.0.40'] },
    {
      ask: '10-244-1-7.front.web.svc.cluster.local A',
      want: ['10-244-1-7.front.web.svc.cluster.local. 5 IN A 10.244.1.7'],
    },
    {
      ask: '10-244-1-7.front.web.svc.cluster.local SRV',
      want: ['10-244-1-7.front.web.svc.cluster.local. 5 IN SRV 0 100 8080 10-244-1-7.front.web.svc.cluster.local.'],
      additional: ['10-244-1-7.front.web.svc.cluster.local. 5 IN A 10.244.1.7'],
    },
    { ask: '10-244-1-8.front.web.svc.cluster.local A', rcode: 'NXDOMAIN' },
  ],
  'headless services': [
    {
      ask: `${mongo} A`,
      want: ['10.244.2.1', '10.244.2.2', '10.244.2.3', '10.244.1.7'].map((ip) => `${mongo} 5 IN A ${ip}`),
    },
    { ask: `${mongo} AAAA`, want: ['2001:db8:1::', '2001:db8:1::7'].map((ip) => `${mongo} 5 IN AAAA ${ip}`) },
    { ask: `${mongo} TXT`, rcode: 'NODATA' },
    { ask: `MONGO-1.${mongo} A`, want: [`MONGO-1.${mongo} 5 IN A 10.244.2.2`, `MONGO-1.${mongo} 5 IN A 10.244.2.3`] },
    { ask: `mongo-1.${mongo} AAAA`, rcode: 'NODATA' },
    { ask: `10-244-2-2.${mongo} A`, rcode: 'NXDOMAIN' },
    { ask: `10-244-1-7.${mongo} A`, want: [`10-244-1-7.${mongo} 5 IN A 10.244.1.7`] },
    { ask: `2001-db8-1--0.${mongo} AAAA`, want: [`2001-db8-1--0.${mongo} 5 IN AAAA 2001:db8:1::`] },
    { ask: `10-244-2-9.${mongo} A`, rcode: 'NXDOMAIN' },
    {
      ask: `_mongo._tcp.${mongo} SRV`,
      want: ['mongo-0', 'mongo-1', '10-244-1-7', '2001-db8-1--0', '2001-db8-1--7'].map(
        (name) => `_mongo._tcp.${mongo} 5 IN SRV 0 14 27017 ${name}.${mongo}`,
      ),
      additional: [
        `mongo-0.${mongo} 5 IN A 10.244.2.1`,
        `mongo-1.${mongo} 5 IN A 10.244.2.2`,
        `mongo-1.${mongo} 5 IN A 10.244.2.3`,
        `10-244-1-7.${mongo} 5 IN A 10.244.1.7`,
        `2001-db8-1--0.${mongo} 5 IN AAAA 2001:db8:1::`,
        `2001-db8-1--7.${mongo} 5 IN AAAA 2001:db8:1::7`,
      ],
    },
    { ask: `_other._tcp.${mongo} SRV`, rcode: 'NXDOMAIN' },
    ...['A', 'AAAA', 'SRV', 'TXT'].map((type): Case => ({
      ask: `down.db.svc.cluster.local ${type}`,
      rcode: 'NXDOMAIN',
    })),
    { ask: 'bare.db.svc.cluster.local A', want: ['bare.db.svc.cluster.local. 5 IN A 10.244.2.30'] },
    { ask: 'bare.db.svc.cluster.local SRV', rcode: 'NODATA' },
    { ask: 'orphan.db.svc.cluster.local A', rcode: 'NXDOMAIN' },
  ],
  'ExternalName services': [
    { ask: 'outside.ext.svc.cluster.local CNAME', want: ['outside.ext.svc.cluster.local. 5 IN CNAME Example.com.'] },
    { ask: 'outside.ext.svc.cluster.local A', want: ['outside.ext.svc.cluster.local. 5 IN CNAME Example.com.'] },
    ...['SRV', 'TXT', 'MX', 'HTTPS', 'ANY'].map((type): Case => ({
      ask: `outside.ext.svc.cluster.local ${type}`,
      rcode: 'NODATA',
    })),
    { ask: '_http._tcp.outside.ext.svc.cluster.local SRV', rcode: 'NXDOMAIN' },
    {
      ask: 'inside.ext.svc.cluster.local A',
      want: [
        'inside.ext.svc.cluster.local. 5 IN CNAME Front.web.svc.cluster.local.',
        'Front.web.svc.cluster.local. 5 IN A 10.96.0.20',
      ],
    },
    {
      ask: 'inside.ext.svc.cluster.local AAAA',
      rcode: 'NODATA',
      want: ['inside.ext.svc.cluster.local. 5 IN CNAME Front.web.svc.cluster.local.'],
    },
    {
      ask: 'twice.ext.svc.cluster.local A',
      want: [
        'twice.ext.svc.cluster.local. 5 IN CNAME inside.ext.svc.cluster.local.',
        'inside.ext.svc.cluster.local. 5 IN CNAME Front.web.svc.cluster.local.',
        'Front.web.svc.cluster.local. 5 IN A 10.96.0.20',
      ],
    },
    {
      ask: 'missing.ext.svc.cluster.local A',
      rcode: 'NXDOMAIN',
      want: ['missing.ext.svc.cluster.local. 5 IN CNAME gone.web.svc.cluster.local.'],
    },
    {
      ask: 'ping.ext.svc.cluster.local A',
      want: [
        'ping.ext.svc.cluster.local. 5 IN CNAME pong.ext.svc.cluster.local.',
        'pong.ext.svc.cluster.local. 5 IN CNAME ping.ext.svc.cluster.local.',
      ],
    },
    { ask: 'self.ext.svc.cluster.local CNAME', rcode: 'NODATA' },
    { ask: 'address.ext.svc.cluster.local A', rcode: 'NXDOMAIN' },
    {
      ask: 'odd.ext.svc.cluster.local CNAME',
      want: [String.raw`odd.ext.svc.cluster.local. 5 IN CNAME a\059b.example.com.`],
    },
  ],
  'reverse names': [
    { ask: '20.0.96.10.in-addr.arpa PTR', want: ['20.0.96.10.in-addr.arpa. 5 IN PTR front.web.svc.cluster.local.'] },
    {
      ask: '7.1.244.10.in-addr.arpa PTR',
      want: [
        '7.1.244.10.in-addr.arpa. 5 IN PTR 10-244-1-7.front.web.svc.cluster.local.',
        '7.1.244.10.in-addr.arpa. 5 IN PTR 10-244-1-7.mongo.db.svc.cluster.local.',
      ],
    },
    {
      ask: '0.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6.arpa PTR',
      want: [
        '0.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6.arpa. 5 IN PTR six.web.svc.cluster.local.',
      ],
    },
    { ask: '8.1.244.10.in-addr.arpa PTR', rcode: 'NXDOMAIN' },
    { ask: '020.0.96.10.in-addr.arpa PTR', rcode: 'NXDOMAIN' },
    { ask: '40.2.244.10.in-addr.arpa PTR', rcode: 'NXDOMAIN' },
    { ask: '20.0.96.10.in-addr.arpa A', rcode: 'NODATA' },
    { ask: '0.96.10.in-addr.arpa PTR', rcode: 'NODATA' },
    { ask: '97.10.in-addr.arpa PTR', rcode: 'NXDOMAIN' },
    { ask: 'in-addr.arpa PTR', rcode: 'NODATA' },
    {
      ask: 'in-addr.arpa SOA',
      want: ['in-addr.arpa. 5 IN SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. 7 7200 1800 86400 5'],
    },
    { ask: 'gone.web.svc.cluster.local PTR', rcode: 'NXDOMAIN' },
  ],
  'apex and structure': [
    {
      ask: 'cluster.local SOA',
      want: ['cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5'],
    },
    {
      ask: 'cluster.local NS',
      want: [`cluster.local. 5 IN NS ${kubeDns}`],
      additional: [`${kubeDns} 5 IN A 10.96.0.10`],
    },
    { ask: 'cluster.local A', rcode: 'NODATA' },
    { ask: 'cluster.local TXT', rcode: 'NODATA' },
    { ask: 'dns-version.cluster.local TXT', want: ['dns-version.cluster.local. 28800 IN TXT "1.1.0"'] },
    { ask: 'dns-version.cluster.local A', rcode: 'NODATA' },
    { ask: 'ns.dns.cluster.local A', want: ['ns.dns.cluster.local. 5 IN A 10.96.0.10'] },
    { ask: 'dns.cluster.local A', rcode: 'NODATA' },
    { ask: 'svc.cluster.local A', rcode: 'NODATA' },
    { ask: 'pod.cluster.local A', rcode: 'NODATA' },
    { ask: 'web.pod.cluster.local A', rcode: 'NXDOMAIN' },
    { ask: '10-244-1-7.web.pod.cluster.local A', rcode: 'NXDOMAIN' },
    { ask: 'web.svc.cluster.local A', rcode: 'NODATA' },
    { ask: 'empty.svc.cluster.local TXT', rcode: 'NODATA' },
    { ask: 'absent.svc.cluster.local A', rcode: 'NXDOMAIN' },
    { ask: 'gone.web.svc.cluster.local SOA', rcode: 'NXDOMAIN' },
    { ask: 'front.web.cluster.local A', rcode: 'NXDOMAIN' },
    { ask: '*.web.svc.cluster.local A', rcode: 'NXDOMAIN' },
    { ask: String.raw`front\.web.svc.cluster.local A`, rcode: 'NXDOMAIN' },
    { ask: 'cluster.local AXFR', rcode: 'REFUSED' },
    { ask: 'example.com A', rcode: 'REFUSED' },
    { ask: 'notcluster.local A', rcode: 'REFUSED' },
    { ask: String.raw`x\.cluster.local A`, rcode: 'REFUSED' },
    { ask: '. NS', rcode: 'REFUSED' },
  ],
}

describe.each(Object.entries(tables))('%s', (_, cases) => {
  test.each(cases)('$ask', ({ ask, rcode, want = [], additional = [] }) => {
    const [name = '', type = ''] = ask.split(' ')
    const result = lookup(zone, name, type)
    expect(result.answers.map(formatRecord)).toEqual(want)
    expect(result.additional.map(formatRecord)).toEqual(additional)
    expect(result.rcode).toBe(rcode === 'NODATA' ? 'NOERROR' : (rcode ?? 'NOERROR'))
    const denied = rcode === 'NODATA' || rcode === 'NXDOMAIN'
    expect(result.authority.map(({ data }) => data.type)).toEqual(denied ? ['SOA'] : [])
  })
})

test('A and AAAA of one name agree on whether it exists', () => {
  const owners = [...zone.owners.keys()]
  expect(owners.filter((owner) => lookup(zone, owner, 'A').rcode !== lookup(zone, owner, 'AAAA').rcode)).toEqual([])
})

test('before the first sync a missing name is SERVFAIL, with the SOA, and the structure is there', () => {
  const unsynced = new Zone(options)
  const missing = lookup(unsynced, 'front.web.svc.cluster.local', 'A')
  expect(missing.rcode).toBe('SERVFAIL')
  expect(missing.authority.map(({ data }) => data.type)).toEqual(['SOA'])
  expect(lookup(unsynced, 'cluster.local', 'SOA').rcode).toBe('NOERROR')
  expect(lookup(unsynced, 'ns.dns.cluster.local', 'A').rcode).toBe('NOERROR')
})

test('an SOA is kept five minutes at most, a record as long as the option says', () => {
  const slow = new Zone({ domain: 'Cluster.Local.', ttl: 3600 })
  expect(lookup(slow, 'cluster.local', 'SOA').answers.map(formatRecord)).toEqual([
    'cluster.local. 300 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 3600',
  ])
})

test('a name that is none, an unknown type and a broken domain are sentences', () => {
  expect(() => lookup(zone, 'a..b', 'A')).toThrow('Cannot look up "a..b"')
  expect(() => lookup(zone, 'x'.repeat(64), 'A')).toThrow('1 to 63 ASCII characters')
  expect(() => lookup(zone, 'a.b', 'AAAAA')).toThrow('Unknown record type "AAAAA"')
  expect(() => new Zone({ domain: 'a..b', ttl: 5 })).toThrow('Cannot serve the zone "a..b"')
})
