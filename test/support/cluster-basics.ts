import { addressOf } from '../../src/host/lab/addresses.ts'
import { families } from '../../src/net/family.ts'
import { create } from './api-objects.ts'
import type { TestApiServer } from './api-server.ts'

/** The node that the agent runs on, and one whose pods stand behind the same wires. */
export const here = 'node-1'
export const elsewhere = 'node-2'

/** Of the Service kube-dns, which leads to the node. */
export const dnsAddress = '10.96.0.10'

/** What a cluster has before anybody uses it: nodes, and a Service for DNS. */
export async function createBasics(server: TestApiServer): Promise<void> {
  await createNodes(server)
  await createClusterDns(server)
}

/** The node's own DNS stands behind the Service, so a query through it is answered here whoever asks. */
async function createClusterDns(server: TestApiServer): Promise<void> {
  const metadata = { namespace: 'kube-system', name: 'kube-dns' }
  const ports = ['UDP', 'TCP'].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, protocol, port: 53 }))
  const labels = { 'kubernetes.io/service-name': 'kube-dns' }
  await create(
    server,
    { kind: 'Service', metadata, spec: { clusterIP: dnsAddress, ports } },
    {
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: [addressOf('node', 'IPv4')] }],
      ports,
    },
  )
}

async function createNodes(server: TestApiServer): Promise<void> {
  const addresses = { [here]: families.map((family) => addressOf('node', family)), [elsewhere]: ['192.0.2.20'] }
  for (const [name, ips] of Object.entries(addresses)) {
    await server.call('POST', '/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: { addresses: ips.map((address) => ({ type: 'InternalIP', address })) },
    })
  }
}
