import { addressOf, type Place } from '../../src/host/lab/addresses.ts'
import { families, type Family } from '../../src/net/family.ts'

/** A dual-stack service of the tests: the same port number for TCP and UDP, as a DNS server has it. */
export interface TestService {
  readonly name: string
  readonly clusterIp: Readonly<Record<Family, string>>
  readonly port: number
  readonly nodePort: number
  /** Where the servers of its endpoints listen. */
  readonly targetPort: number
  readonly affinity?: 'ClientIP'
}

export const web: TestService = {
  name: 'web',
  clusterIp: { IPv4: '10.96.0.20', IPv6: '2001:db8:96::20' },
  port: 80,
  nodePort: 30080,
  targetPort: 8080,
}

export const sticky: TestService = {
  name: 'sticky',
  clusterIp: { IPv4: '10.96.0.21', IPv6: '2001:db8:96::21' },
  port: 80,
  nodePort: 30081,
  targetPort: 8080,
  affinity: 'ClientIP',
}

/** Has no endpoints. */
export const empty: TestService = {
  name: 'empty',
  clusterIp: { IPv4: '10.96.0.22', IPv6: '2001:db8:96::22' },
  port: 80,
  nodePort: 30082,
  targetPort: 8080,
}

/** Loses an endpoint while it is used. */
export const shrinking: TestService = {
  name: 'shrinking',
  clusterIp: { IPv4: '10.96.0.23', IPv6: '2001:db8:96::23' },
  port: 80,
  nodePort: 30083,
  targetPort: 8083,
}

/** The service and its slices, one for each family, as the API server would print them. */
export function manifestsOf(service: TestService, pods: readonly Place[]): readonly unknown[] {
  return [serviceManifest(service), ...families.map((family) => sliceManifest(service, family, pods))]
}

function serviceManifest({ name, clusterIp, port, nodePort, targetPort, affinity }: TestService): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'lab', name },
    spec: {
      type: 'NodePort',
      clusterIP: clusterIp.IPv4,
      clusterIPs: families.map((family) => clusterIp[family]),
      ipFamilies: families,
      ipFamilyPolicy: 'RequireDualStack',
      sessionAffinity: affinity ?? 'None',
      ...(affinity === 'ClientIP' && { sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } } }),
      ports: [
        { name: 'tcp', protocol: 'TCP', port, targetPort, nodePort },
        { name: 'udp', protocol: 'UDP', port, targetPort, nodePort },
      ],
    },
  }
}

function sliceManifest({ name, targetPort }: TestService, family: Family, pods: readonly Place[]): unknown {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'lab',
      name: `${name}-${family.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    ports: [
      { name: 'tcp', protocol: 'TCP', port: targetPort },
      { name: 'udp', protocol: 'UDP', port: targetPort },
    ],
    endpoints: pods.map((pod) => ({
      addresses: [addressOf(pod, family)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'lab-node',
    })),
  }
}
