import { expect, test } from 'vitest'
import { slicesOf } from '../../src/model/cluster-state.ts'
import type { Family } from '../../src/net/family.ts'
import { nodePortClaim, type Claim } from '../../src/plan/claim.ts'
import { planHealthCheck } from '../../src/plan/health-check.ts'
import { clusterOfObjects } from '../support/cluster.ts'

const balanced = {
  type: 'LoadBalancer',
  clusterIP: '10.96.7.21',
  clusterIPs: ['10.96.7.21', '2001:db8:96::21'],
  ipFamilies: ['IPv4', 'IPv6'],
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 32_100,
  ports: [{ name: 'http', port: 80 }],
}
const ready = { ready: true, serving: true, terminating: false }
const draining = { ready: false, serving: true, terminating: true }

interface EndpointText {
  readonly address: string
  readonly nodeName?: string
  readonly conditions?: object
}

const slice = (endpoints: readonly EndpointText[], addressType = 'IPv4', name = 'web-1') => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType,
  ports: [
    { name: 'http', port: 80 },
    { name: 'https', port: 443 },
  ],
  endpoints: endpoints.map(({ address, nodeName = 'here', conditions = ready }) => ({
    addresses: [address],
    nodeName,
    conditions,
  })),
})

function planned(spec: object, slices: readonly object[], family: Family = 'IPv4', lost: readonly Claim[] = []) {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'web' }, spec }
  const state = clusterOfObjects([service, ...slices])
  const check = planHealthCheck(
    state.services.get('shop/web'),
    slicesOf(state, 'shop/web'),
    family,
    'here',
    new Set(lost),
  )
  return check && `${check.port}: ${check.localEndpoints}`
}

test.each([
  [
    'three ready here, over two ports',
    [{ address: '10.244.1.1' }, { address: '10.244.1.2' }, { address: '10.244.1.3' }],
    3,
  ],
  ['one of them not ready', [{ address: '10.244.1.1' }, { address: '10.244.1.2', conditions: { ready: false } }], 1],
  ['elsewhere', [{ address: '10.244.1.1' }, { address: '10.244.2.1', nodeName: 'there' }], 1],
  ['all terminate, and serve on', [{ address: '10.244.1.1', conditions: draining }], 0],
  ['none', [], 0],
])('endpoints: %s', (_, endpoints, count) => {
  expect(planned(balanced, [slice(endpoints)])).toBe(`32100: ${count}`)
})

test('one address in two slices counts once', () => {
  const two = ['web-1', 'web-2'].map((name) => slice([{ address: '10.244.1.1' }], 'IPv4', name))
  expect(planned(balanced, two)).toBe('32100: 1')
})

test('each family has its own endpoints', () => {
  const slices = [slice([{ address: '10.244.1.1' }]), slice([], 'IPv6', 'web-6')]
  expect([planned(balanced, slices), planned(balanced, slices, 'IPv6')]).toEqual(['32100: 1', '32100: 0'])
})

test.each<[string, object]>([
  ['policy Cluster', { externalTrafficPolicy: 'Cluster' }],
  ['a node port only', { type: 'NodePort' }],
  ['no port for it', { healthCheckNodePort: 0 }],
  ['headless', { clusterIP: 'None', clusterIPs: ['None'] }],
])('none: %s', (_, spec) => {
  expect(planned({ ...balanced, ...spec }, [slice([{ address: '10.244.1.1' }])])).toBeUndefined()
})

test('none in a family that the Service does not have, nor where another Service has the port', () => {
  const single = { ...balanced, clusterIPs: ['10.96.7.21'], ipFamilies: ['IPv4'] }
  expect([planned(single, []), planned(single, [], 'IPv6')]).toEqual(['32100: 0', undefined])
  expect(planned(balanced, [], 'IPv6', [nodePortClaim('IPv6', 'TCP', 32_100)])).toBeUndefined()
})
