import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { ProgressMetrics } from '../../src/agent/progress-metrics.ts'
import { RequestMetrics } from '../../src/agent/request-metrics.ts'
import { describeMetrics, readExposition } from '../plugins/exposition.ts'
import { parseObjects } from '../support/cluster.ts'

const service = (name: string, spec: object = {}, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, labels },
  spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }], ...spec },
})
const slice = (name: string, addressType: string) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': 'cart' } },
  addressType,
  ports: [],
  endpoints: [],
})

/** What is not 0, without names' common beginning: `service_changes_total 2`. */
async function counted(registry: Registry): Promise<readonly string[]> {
  const { samples } = readExposition(await registry.metrics())
  return samples
    .filter(({ value }) => value !== 0)
    .map(({ name, labels, value }) => [name.replace(/^kubeproxy_/, ''), ...Object.values(labels), value].join(' '))
}

test('changes are pending until rules have them; each family takes note of a Service', async () => {
  const registry = new Registry()
  const metrics = new ProgressMetrics(registry)
  const objects = parseObjects([
    service('cart'),
    service('headless', { clusterIP: 'None' }),
    service('other', {}, { 'service.kubernetes.io/service-proxy-name': 'mine' }),
    slice('cart-4', 'IPv4'),
    slice('cart-6', 'IPv6'),
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
  ])
  metrics.changed(objects, ['IPv4', 'IPv6'])
  const totals = ['sync_proxy_rules_endpoint_changes_total 2', 'sync_proxy_rules_service_changes_total 2']
  expect(await counted(registry)).toEqual([
    'sync_proxy_rules_endpoint_changes_pending 2',
    totals[0],
    'sync_proxy_rules_service_changes_pending 2',
    totals[1],
  ])
  metrics.caughtUp()
  expect(await counted(registry)).toEqual(totals)
  metrics.changed(objects, ['IPv4'])
  expect(await counted(registry)).toContain('sync_proxy_rules_service_changes_total 3')
  expect(await counted(registry)).toContain('sync_proxy_rules_endpoint_changes_pending 1')
})

test('answers are counted by code', async () => {
  const registry = new Registry()
  const metrics = new ProgressMetrics(registry)
  for (const code of [200, 503, 200]) metrics.answered('healthz', code)
  metrics.answered('livez', 200)
  expect(await counted(registry)).toEqual([
    'proxy_healthz_total 200 2',
    'proxy_healthz_total 503 1',
    'proxy_livez_total 200 1',
  ])
})

test('programming has kube-proxy’s buckets, and is there before anything was programmed', async () => {
  const registry = new Registry()
  const metrics = new ProgressMetrics(registry)
  metrics.begin(['IPv4'])
  const line = describeMetrics(await registry.metrics()).find((text) => text.includes('network_programming'))
  const whole = Array.from({ length: 59 }, (_, i) => i + 1)
  const longer = [60, 65, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115, 120, 150, 180, 210, 240, 270, 300]
  expect(line).toBe(
    `kubeproxy_network_programming_duration_seconds histogram ip_family ${[0.25, 0.5, ...whole, ...longer].join(' ')} +Inf`,
  )
  metrics.observeProgramming('IPv4', 1.5)
  expect(await counted(registry)).toContain('network_programming_duration_seconds_sum IPv4 1.5')
})

test('requests have client-go’s labels and buckets', async () => {
  const { registry, onRequest } = new RequestMetrics()
  onRequest({ method: 'GET', host: '192.0.2.1:6443', code: '200', seconds: 0.05 })
  onRequest({ method: 'GET', host: '192.0.2.1:6443', code: '<error>', seconds: 10 })
  expect(describeMetrics(await registry.metrics())).toEqual([
    'rest_client_request_duration_seconds histogram host,verb 0.005 0.025 0.1 0.25 0.5 1 2 4 8 15 30 60 +Inf',
    'rest_client_requests_total counter code,host,method',
  ])
  expect(await counted(registry)).toContain('rest_client_requests_total 200 192.0.2.1:6443 GET 1')
})
