export interface BenchObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: object }
  readonly [field: string]: unknown
}

/** The API objects of `services` ClusterIP services with one port and `endpoints` ready endpoints each. */
export function benchObjects(services: number, endpoints: number): readonly BenchObject[] {
  return Array.from({ length: services }, (_, i) => [benchService(i), benchSlice(i, endpoints)]).flat()
}

/** Service number `i`: `bench-<i % 100>/service-<i>`. */
export function benchService(i: number): BenchObject {
  const clusterIP = `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: benchName(i),
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', port: 80 }],
    },
  }
}

/** Its slice; `shift` moves the last endpoint elsewhere, as when one pod is replaced. */
export function benchSlice(i: number, endpoints: number, shift = 0): BenchObject {
  const { name, namespace } = benchName(i)
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, e) => {
      const n = i * endpoints + e + (e === endpoints - 1 ? shift * 7 : 0)
      return {
        addresses: [`10.${128 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${n % 50}`,
      }
    }),
  }
}

function benchName(i: number): { readonly namespace: string; readonly name: string } {
  return { namespace: `bench-${i % 100}`, name: `service-${i}` }
}
