import { expect, test } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import type { ServiceFragment } from '../../src/backends/iptables/fragment.ts'
import { renderUpdate } from '../../src/backends/iptables/update.ts'
import { optional } from '../../src/model/optional.ts'
import { parseObjects } from '../support/cluster.ts'

const service = (name: string, id: number, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name },
  spec: { clusterIP: `10.96.0.${id}`, ports: [{ name: 'http', port: 80 }], ...spec },
})
const slice = (name: string, addresses: readonly string[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-1' })),
})

/** A cluster that changes, and the update that each change takes. */
function changing(objects: readonly unknown[]) {
  const store = new ClusterStore(parseObjects(objects))
  const ruleset = new IptablesRuleset(store, {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
  })
  let applied: ReadonlyMap<string, ServiceFragment> = new Map(ruleset.fragments)
  const update = (touched: readonly string[]) => {
    const keys = [...ruleset.touch(touched)].sort()
    const changes = keys.map((key) => ({
      key,
      ...optional('before', applied.get(key)),
      ...optional('after', ruleset.fragments.get(key)),
    }))
    const document = renderUpdate(applied, changes)
    applied = new Map(ruleset.fragments)
    return document
  }
  return {
    ruleset,
    put: (...now: readonly unknown[]) => update(parseObjects(now).flatMap((object) => store.put(object))),
    remove: (...gone: readonly unknown[]) => update(parseObjects(gone).flatMap((object) => store.remove(object))),
  }
}

/** Each step is a change and what it sends: only chains of the service that changed, and its own rules in shared ones. */
test('services and endpoints that come, change and go, one update each', async () => {
  const web = [service('web', 21, { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] })]
  const cart = [service('cart', 20), slice('cart', ['10.244.1.9'])]
  const { put, remove } = changing([...cart, ...web, slice('web', ['10.244.1.4'])])
  const steps = {
    '01 a service with an endpoint comes': put(service('api', 22), slice('api', ['10.244.1.6'])),
    '02 and goes': remove(service('api', 22), slice('api', ['10.244.1.6'])),
    '03 a service without endpoints comes': put(service('late', 23)),
    '04 and gets its first endpoint': put(slice('late', ['10.244.1.7'])),
    '05 an endpoint gets another address': put(slice('cart', ['10.244.2.9'])),
    '06 a second endpoint comes': put(slice('cart', ['10.244.2.9', '10.244.3.9'])),
    '07 nothing that rules depend on changes': put(slice('cart', ['10.244.3.9', '10.244.2.9'])),
    '08 a cluster IP becomes a load balancer': put(
      service('late', 23, { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }),
    ),
    '09 a node port is renumbered': put({
      ...web[0],
      spec: { ...web[0]?.spec, ports: [{ name: 'http', port: 80, nodePort: 30081 }] },
    }),
    '10 the last endpoint goes': put(slice('web', [])),
    '11 sessions get affinity': put(service('cart', 20, { sessionAffinity: 'ClientIP' })),
  }
  const text = Object.entries(steps).map(([name, document]) => `# ${name}\n${document}`)
  await expect(text.join('\n')).toMatchFileSnapshot('sequence.rules')
})

test('more than 1000 endpoints leave out the comments of endpoint rules, and fewer bring them back', () => {
  const addresses = Array.from({ length: 998 }, (_, i) => `10.245.${i >> 8}.${i & 255}`)
  const { ruleset, put } = changing([
    service('large', 20),
    slice('large', addresses),
    service('small', 21),
    slice('small', ['10.244.1.1', '10.244.1.2']),
  ])
  const commented = () => ruleset.render().match(/-A KUBE-(SVC|SEP)-\S+ -m comment --comment "?shop/g)?.length ?? 0
  const rules = () => ruleset.render().match(/-A KUBE-(SVC|SEP)-/g)?.length ?? 0
  // One in SVC and two in SEP for each endpoint.
  expect([rules(), commented()]).toEqual([3000, 3000])
  put(slice('small', ['10.244.1.1', '10.244.1.2', '10.244.1.3']))
  expect([rules(), commented()]).toEqual([3003, 0])
  expect(put(slice('small', ['10.244.1.1', '10.244.1.3', '10.244.1.4']))).not.toContain('->')
  put(slice('small', ['10.244.1.1', '10.244.1.2']))
  expect([rules(), commented()]).toEqual([3000, 3000])
})

test('in a large cluster too, a service that goes takes its chains along at once', () => {
  const addresses = Array.from({ length: 1001 }, (_, i) => `10.245.${i >> 8}.${i & 255}`)
  const gone = [service('gone', 21), slice('gone', ['10.244.1.1'])]
  const { remove } = changing([service('large', 20), slice('large', addresses), ...gone])
  const deleted = remove(...gone).match(/^-X \S+/gm) ?? []
  expect(deleted.map((line) => line.slice(0, 12))).toEqual(['-X KUBE-SVC-', '-X KUBE-SEP-'])
})
