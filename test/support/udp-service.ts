/** The API objects of an IPv4 or IPv6 service that DNS runs behind: three protocols on one port. */
export interface UdpService {
  readonly name: string
  readonly clusterIp: string
  /** 53 when absent. */
  readonly port?: number
  readonly nodePort?: number
  readonly externalIps?: readonly string[]
  readonly loadBalancerIps?: readonly string[]
  /**
   * Addresses of endpoints, which listen on port 5353: `10.244.1.7` ready, `10.244.1.7~` terminating and serving,
   * `10.244.1.7!` not serving.
   */
  readonly endpoints: readonly string[]
}

export function udpServiceObjects(service: UdpService): readonly unknown[] {
  const { name, clusterIp, port = 53, nodePort, externalIps = [], loadBalancerIps = [], endpoints } = service
  const family = clusterIp.includes(':') ? 'IPv6' : 'IPv4'
  const protocols = ['UDP', 'TCP', 'SCTP']
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'kube-system', name },
      spec: {
        type: nodePort === undefined ? 'ClusterIP' : 'NodePort',
        clusterIP: clusterIp,
        clusterIPs: [clusterIp],
        ipFamilies: [family],
        externalIPs: externalIps,
        ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port, nodePort })),
      },
      status: { loadBalancer: { ingress: loadBalancerIps.map((ip) => ({ ip })) } },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'kube-system', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: family,
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 5353 })),
      endpoints: endpoints.map((text) => ({
        addresses: [text.replace(/[~!]$/, '')],
        conditions: { ready: !/[~!]$/.test(text), serving: !text.endsWith('!'), terminating: text.endsWith('~') },
      })),
    },
  ]
}
