import { describe, expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { parseService } from '../../src/model/service.ts'

const service = (spec: unknown, rest: object = {}) =>
  parseService(new Field({ kind: 'Service', metadata: { namespace: 'shop', name: 'cart' }, spec, ...rest }))

describe('cluster IPs', () => {
  test.each([
    {
      name: 'one family',
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] },
      want: ['10.0.0.1'],
    },
    {
      name: 'dual stack, in its order',
      spec: { clusterIPs: ['2001:db8::1', '10.0.0.1'], ipFamilies: ['IPv6', 'IPv4'] },
      want: ['2001:db8::1', '10.0.0.1'],
    },
    { name: 'an object older than dual stack', spec: { clusterIP: '10.0.0.1' }, want: ['10.0.0.1'] },
    { name: 'leading zeros', spec: { clusterIP: '010.000.0.041' }, want: ['10.0.0.41'] },
    { name: 'headless', spec: { clusterIP: 'None', clusterIPs: ['None'] }, want: [] },
    { name: 'not yet allocated', spec: { clusterIP: '', ipFamilies: ['IPv4'] }, want: [] },
    {
      name: 'ExternalName, even with an address',
      spec: { type: 'ExternalName', externalName: 'a.example', clusterIP: '10.0.0.1' },
      want: [],
    },
  ])('$name', ({ spec, want }) => {
    expect(service(spec).clusterIps).toEqual(want)
  })
})

test('affinity without a timeout lasts three hours, the Kubernetes default', () => {
  expect(service({ sessionAffinity: 'ClientIP' }).affinitySeconds).toBe(10800)
  expect(service({ sessionAffinity: 'None', sessionAffinityConfig: null }).affinitySeconds).toBeUndefined()
})

test('what the API server never checked strictly is passed over where it is unreadable', () => {
  const parsed = service(
    {
      type: 'LoadBalancer',
      externalIPs: ['', ' 198.51.100.7 ', 'nonsense', '198.51.100.7'],
      loadBalancerSourceRanges: ['203.0.113.000/025', 'x'],
    },
    {
      status: {
        loadBalancer: {
          ingress: [{ ip: '198.51.100.9' }, { hostname: 'lb.example' }, { ip: '198.51.100.8', ipMode: 'Proxy' }],
        },
      },
    },
  )
  expect(parsed.externalIps).toEqual(['198.51.100.7'])
  expect(parsed.sourceRanges.map(({ text }) => text)).toEqual(['203.0.113.0/25'])
  expect(parsed.loadBalancerIps).toEqual(['198.51.100.9'])
})

test.each([
  [{ clusterIP: '10.0.0.256' }, 'spec.clusterIP: expected an IP address or None, got "10.0.0.256"'],
  [{ ports: 'http' }, 'spec.ports: expected a list, got "http"'],
  [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: expected an integer from 1 to 65535, got 0'],
  [{ ports: [{}] }, 'spec.ports[0].port: expected an integer from 1 to 65535, got nothing'],
  [{ ports: [{ port: 80, protocol: 'ICMP' }] }, 'spec.ports[0].protocol: expected one of TCP, UDP, SCTP, got "ICMP"'],
  [
    { ports: [{ port: 80, name: 'a"; reboot' }] },
    'spec.ports[0].name: expected a DNS label (a-z, 0-9 and -, at most 63 characters), got "a\\"; reboot"',
  ],
  [
    { ports: [{ port: 80 }, { port: 81 }] },
    'spec.ports[1].name: expected a name that no other TCP port of the service has, got nothing',
  ],
  [{ type: 'Nodeport' }, 'spec.type: expected one of ClusterIP, NodePort, LoadBalancer, ExternalName, got "Nodeport"'],
  [{ type: 'ExternalName' }, 'spec.externalName: expected a DNS name, because the type is ExternalName, got nothing'],
  [
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: expected an integer from 1 to 86400, got 0',
  ],
  ['spec', 'spec: expected a mapping, got "spec"'],
])('%j is refused by its field', (spec, sentence) => {
  expect(() => service(spec)).toThrow(expect.objectContaining({ message: sentence }))
})

test('the name of a service is one label: with a dot it would claim the names of another', () => {
  const named = new Field({ metadata: { name: 'a.b', namespace: 'shop' }, spec: { clusterIP: '10.0.0.1' } })
  expect(() => parseService(named)).toThrow('metadata.name: expected a DNS label')
})
