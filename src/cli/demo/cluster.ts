import { addressOf, type Place } from '../../host/lab/addresses.ts'

/** The demo's services and where they stand, from the project's address plan. */
export const web = { namespace: 'shop', name: 'web', address: '10.96.0.80', port: 80, targetPort: 8080 }
export const pods = { namespace: 'shop', name: 'web-pods' }
export const idle = { namespace: 'shop', name: 'idle', address: '10.96.0.99', port: 80 }
export const kubeDns = { namespace: 'kube-system', name: 'kube-dns', address: '10.96.0.10', port: 53 }

/** The API objects of the demo while these backends run. The node's own DNS stands behind the kube-dns service. */
export function demoObjects(backends: readonly Place[]): readonly object[] {
  const http = { name: 'http', protocol: 'TCP', port: web.targetPort }
  const dns = ['UDP', 'TCP'].map((protocol) => ({
    name: `dns-${protocol.toLowerCase()}`,
    protocol,
    port: kubeDns.port,
  }))
  return [
    service(web, web.address, [{ ...http, port: web.port }]),
    slice(web, [http], backends),
    service(pods, 'None', [http]),
    slice(pods, [http], backends),
    service(idle, idle.address, [{ name: 'http', protocol: 'TCP', port: idle.port }]),
    service(kubeDns, kubeDns.address, dns),
    slice(kubeDns, dns, ['node']),
  ]
}

interface Name {
  readonly namespace: string
  readonly name: string
}

function service({ namespace, name }: Name, clusterIP: string, ports: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { clusterIP, ports } }
}

function slice({ namespace, name }: Name, ports: readonly object[], places: readonly Place[]): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports,
    endpoints: places.map((place) => ({
      addresses: [addressOf(place, 'IPv4')],
      conditions: { ready: true },
      nodeName: 'node-1',
      // As a StatefulSet's pods have; the other services' endpoints are named after their addresses.
      ...(name === pods.name && { hostname: place }),
    })),
  }
}
