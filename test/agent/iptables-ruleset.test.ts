import { expect, test } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { parseObjects } from '../support/cluster.ts'

const service = (name: string, ports: number, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name },
  spec: {
    clusterIP: `10.96.0.${name.length}`,
    ports: Array.from({ length: ports }, (_, i) => ({ name: `p${i}`, port: 80 + i, nodePort: 30_000 + i })),
    ...spec,
  },
})
const slice = (nodeNames: readonly string[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
  addressType: 'IPv4',
  ports: [{ name: 'p0', port: 8080 }],
  endpoints: nodeNames.map((nodeName, i) => ({ addresses: [`10.244.0.${i}`], nodeName })),
})

/** The rules of a cluster that changes. */
function changing(objects: readonly unknown[] = []) {
  const store = new ClusterStore(parseObjects(objects))
  const ruleset = new IptablesRuleset(store, {
    family: 'IPv4',
    nodeName: 'here',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
  })
  const count = (pattern: RegExp) => ruleset.render().match(pattern)?.length ?? 0
  return {
    ruleset,
    put: (...now: readonly unknown[]) => ruleset.touch(parseObjects(now).flatMap((object) => store.put(object))),
    remove: (...gone: readonly unknown[]) =>
      ruleset.touch(parseObjects(gone).flatMap((object) => store.remove(object))),
    /** Without endpoints each port refuses at its cluster IP. */
    counts: () => ({
      ports: count(/^-A KUBE-SERVICES .* -d 10\.96\.\S+ .* -j REJECT$/gm),
      healthChecks: count(/ health check node port" /g),
    }),
  }
}

const balanced = (healthCheckNodePort: number) => ({
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort,
})

test('ports come with their Services and go with them, one by one', () => {
  const { put, remove, counts } = changing()
  put(service('a', 4), service('bb', 3), service('ccc', 2), service('dddd', 1, balanced(32_000)))
  expect(counts()).toEqual({ ports: 10, healthChecks: 1 })
  put(service('a', 1))
  expect(counts()).toEqual({ ports: 7, healthChecks: 1 })
  remove(service('bb', 3), service('ccc', 2), service('dddd', 1))
  expect(counts()).toEqual({ ports: 1, healthChecks: 0 })
})

test('a Service becomes a load balancer with policy Local, stays it, and is a cluster IP again', () => {
  const { put, counts, ruleset } = changing()
  const steps = [{}, balanced(32_000), balanced(32_000), {}].map((spec) => {
    put(service('cart', 2, spec))
    return { counts: counts(), text: ruleset.render() }
  })
  expect(steps.map((step) => step.counts.healthChecks)).toEqual([0, 2, 2, 0])
  expect(steps.map((step) => step.counts.ports)).toEqual([2, 2, 2, 2])
  expect(steps[3]?.text).toBe(steps[0]?.text)
})

test.each([
  { policies: 'internal', nodes: ['there'], want: { internal: 1, external: 0 } },
  { policies: 'external', nodes: ['there'], want: { internal: 0, external: 1 } },
  { policies: 'both', nodes: ['there'], want: { internal: 1, external: 1 } },
  { policies: 'none', nodes: ['there'], want: { internal: 0, external: 0 } },
  { policies: 'both', nodes: ['here', 'there'], want: { internal: 0, external: 0 } },
  { policies: 'both', nodes: [], want: { internal: 0, external: 0 } },
])('policy Local: $policies, endpoints on $nodes: $want lack one here', ({ policies, nodes, want }) => {
  const local = (which: string) => (policies === which || policies === 'both' ? 'Local' : 'Cluster')
  const spec = {
    type: 'NodePort',
    internalTrafficPolicy: local('internal'),
    externalTrafficPolicy: local('external'),
  }
  const { ruleset, put } = changing([service('cart', 1, spec), slice(nodes)])
  expect(ruleset.noLocalEndpoints).toEqual(want)
  put(slice(['here']))
  expect(ruleset.noLocalEndpoints).toEqual({ internal: 0, external: 0 })
})
