import { namespace, service, slice, zoneOf } from './cluster.ts'

const tcp = (name: string, port: number): Readonly<Record<string, unknown>> => ({ name, protocol: 'TCP', port })
const udp = (name: string, port: number): Readonly<Record<string, unknown>> => ({ name, protocol: 'UDP', port })

/** One service of every kind; the tables of this folder ask it. */
const objects = [
  namespace('empty'),
  service('kube-system/kube-dns', {
    clusterIPs: ['10.96.0.10'],
    ports: [udp('dns', 53), tcp('dns-tcp', 53), tcp('metrics', 9153)],
  }),
  service('web/front', { clusterIPs: ['10.96.0.20'], ports: [tcp('http', 80)] }),
  slice(
    'web/front-a',
    'front',
    ['10.244.1.7', { addresses: ['10.244.1.8'], conditions: { ready: false } }],
    [tcp('http', 8080)],
  ),
  service('web/dual', { clusterIPs: ['10.96.0.30', '2001:db8::30'], ports: [tcp('http', 80), tcp('https', 443)] }),
  service('web/six', { clusterIPs: ['2001:db8::60'], ports: [tcp('', 80)] }),
  service('web/waiting', { ports: [tcp('http', 80)] }),
  service('web/portless', { clusterIPs: ['10.96.0.40'] }),
  service('web/long', { clusterIPs: ['10.96.0.50'], ports: [tcp('p'.repeat(63), 80)] }),
  service('db/mongo', { clusterIP: 'None', ports: [tcp('mongo', 27017)] }),
  slice(
    'db/mongo-a',
    'mongo',
    [
      { addresses: ['10.244.2.1'], hostname: 'mongo-0' },
      { addresses: ['10.244.2.2'], hostname: 'mongo-1' },
      { addresses: ['10.244.2.3'], hostname: 'mongo-1' },
      { addresses: ['10.244.1.7'], conditions: { ready: null } },
      { addresses: ['10.244.2.9'], conditions: { ready: false, serving: true } },
    ],
    [tcp('mongo', 27017)],
  ),
  slice('db/mongo-b', 'mongo', ['10.244.1.7'], [tcp('mongo', 27017)]),
  slice('db/mongo-six', 'mongo', ['2001:db8:1::', '2001:db8:1::7'], [tcp('mongo', 27017)]),
  service('db/down', { clusterIP: 'None', ports: [tcp('sql', 5432)] }),
  slice('db/down-a', 'down', [{ addresses: ['10.244.2.20'], conditions: { ready: false } }], [tcp('sql', 5432)]),
  service('db/bare', { clusterIP: 'None' }),
  slice('db/bare-a', 'bare', ['10.244.2.30']),
  slice('db/orphan-a', 'orphan', ['10.244.2.40'], [tcp('sql', 5432)]),
  service('ext/outside', { type: 'ExternalName', externalName: 'Example.com', ports: [tcp('http', 80)] }),
  service('ext/inside', { type: 'ExternalName', externalName: 'Front.web.svc.cluster.local.' }),
  service('ext/missing', { type: 'ExternalName', externalName: 'gone.web.svc.cluster.local' }),
  service('ext/twice', { type: 'ExternalName', externalName: 'inside.ext.svc.cluster.local' }),
  service('ext/ping', { type: 'ExternalName', externalName: 'pong.ext.svc.cluster.local' }),
  service('ext/pong', { type: 'ExternalName', externalName: 'ping.ext.svc.cluster.local' }),
  service('ext/self', { type: 'ExternalName', externalName: 'self.ext.svc.cluster.local' }),
  service('ext/address', { type: 'ExternalName', externalName: '192.0.2.1' }),
  service('ext/odd', { type: 'ExternalName', externalName: 'a;b.example.com' }),
  service('big/many', { clusterIP: 'None', ports: [tcp('http', 80)] }),
  slice(
    'big/many-a',
    'many',
    Array.from({ length: 300 }, (_, i) => `10.9.${i >> 8}.${i & 255}`),
    [tcp('http', 8080)],
  ),
]

export const zone = zoneOf(objects)
zone.serial = 7
