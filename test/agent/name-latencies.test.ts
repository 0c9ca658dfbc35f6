import { expect, test } from 'vitest'
import { nameLatencies } from '../../src/agent/name-latencies.ts'
import { clusterOfObjects } from '../support/cluster.ts'

const since = Date.parse('2026-01-01T00:00:00Z')

function latencies(clusterIP: string, triggeredAt: string | undefined): readonly number[] {
  const annotations = triggeredAt && {
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': triggeredAt },
  }
  const store = clusterOfObjects([
    { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'cart' }, spec: { clusterIP } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'shop',
        name: 'cart-1',
        labels: { 'kubernetes.io/service-name': 'cart' },
        ...annotations,
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.1.1'] }],
    },
  ])
  return nameLatencies([...store.objects.values()], store.services, since, since + 12_000)
}

test.each([
  { what: 'an endpoint of a headless service', clusterIP: 'None', triggeredAt: '2026-01-01T00:00:10.5Z', want: [1.5] },
  {
    what: 'one of another service, whose names stay',
    clusterIP: '10.96.0.1',
    triggeredAt: '2026-01-01T00:00:10Z',
    want: [],
  },
  { what: 'one that nothing says the time of', clusterIP: 'None', triggeredAt: undefined, want: [] },
  { what: 'one that changed before we were there', clusterIP: 'None', triggeredAt: '2025-12-31T23:59:59Z', want: [] },
  { what: 'one of a clock that is ahead', clusterIP: 'None', triggeredAt: '2026-01-01T00:00:13Z', want: [0] },
])('$what: $want', ({ clusterIP, triggeredAt, want }) => {
  expect(latencies(clusterIP, triggeredAt)).toEqual(want)
})
