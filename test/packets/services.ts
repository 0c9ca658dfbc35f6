import { objectsOf, type TableService } from './service-objects.ts'

const externalLocal = { externalTrafficPolicy: 'Local' }
const internalLocal = { internalTrafficPolicy: 'Local' }
const bothLocal = { ...externalLocal, ...internalLocal }
/** The first holds the client, the second the node; the third and fourth are the same in IPv6. */
const ranges = ['203.0.113.0/25', ' 192.0.2.0/24', '2001:db8:203::/120', '2001:db8:192::/64']
const both = ['here', 'there'] as const

/** The one cluster of the packet table: every service has every kind of address. Zone of this node: zone-a. */
const table = [
  { name: 'plain', id: 1, endpoints: both },
  { name: 'external-local', id: 2, endpoints: both, spec: externalLocal },
  { name: 'internal-local', id: 3, endpoints: both, spec: internalLocal },
  { name: 'both-local', id: 4, endpoints: both, spec: bothLocal },
  { name: 'two-local', id: 5, endpoints: ['here', 'beside', 'there'], spec: bothLocal },
  { name: 'remote-only', id: 6, endpoints: ['there'], spec: bothLocal },
  { name: 'external-local-remote-only', id: 7, endpoints: ['there'], spec: externalLocal },
  { name: 'internal-local-remote-only', id: 8, endpoints: ['there'], spec: internalLocal },
  { name: 'idle', id: 9, endpoints: [] },
  { name: 'idle-local', id: 10, endpoints: [], spec: bothLocal },
  { name: 'three', id: 11, endpoints: ['here', 'there', 'yonder'] },
  { name: 'four', id: 12, endpoints: ['here', 'beside', 'there', 'yonder'] },
  { name: 'sticky', id: 13, endpoints: both, spec: { sessionAffinity: 'ClientIP' } },
  { name: 'on-node', id: 14, endpoints: ['node'] },
  { name: 'on-node-local', id: 15, endpoints: ['node', 'there'], spec: externalLocal },

  { name: 'ranged', id: 16, endpoints: both, spec: { loadBalancerSourceRanges: ranges } },
  { name: 'ranged-local', id: 17, endpoints: both, spec: { loadBalancerSourceRanges: ranges, ...externalLocal } },
  {
    name: 'ranged-remote-only',
    id: 18,
    endpoints: ['there'],
    spec: { loadBalancerSourceRanges: ranges, ...externalLocal },
  },
  { name: 'ranged-idle', id: 19, endpoints: [], spec: { loadBalancerSourceRanges: ranges } },
  {
    name: 'ranged-pods',
    id: 20,
    endpoints: both,
    spec: { loadBalancerSourceRanges: ['10.244.0.0/16', '2001:db8:244::/48'] },
  },
  { name: 'ranged-ipv4', id: 21, endpoints: both, spec: { loadBalancerSourceRanges: ['203.0.113.0/25'] } },

  // Terminating endpoints, policy Local.
  { name: 'local-ready-and-draining', id: 22, endpoints: ['here', 'beside~', 'there', 'yonder~'], spec: externalLocal },
  { name: 'local-draining', id: 23, endpoints: ['here~', 'there'], spec: externalLocal },
  { name: 'all-draining-local', id: 24, endpoints: ['here~', 'there~'], spec: externalLocal },
  { name: 'remote-draining', id: 25, endpoints: ['here!', 'there~'], spec: externalLocal },
  { name: 'none-usable-local', id: 26, endpoints: ['here!', 'there!', 'yonder?'], spec: externalLocal },
  { name: 'internal-local-draining', id: 27, endpoints: ['here~', 'there'], spec: internalLocal },
  // The same, policy Cluster.
  { name: 'ready-and-draining', id: 28, endpoints: ['here', 'beside~', 'there', 'yonder~'] },
  { name: 'all-draining', id: 29, endpoints: ['here~', 'beside!', 'there~', 'yonder?'] },
  { name: 'none-usable', id: 30, endpoints: ['here!', 'there?'] },

  { name: 'zone-hints', id: 31, endpoints: ['here:zone-a', 'there:zone-b', 'yonder:zone-a'] },
  { name: 'zone-hint-missing', id: 32, endpoints: ['here:zone-a', 'there', 'yonder:zone-a'] },
  { name: 'other-zones', id: 33, endpoints: ['here:zone-b', 'there:zone-c'] },
  { name: 'zone-hints-draining', id: 34, endpoints: ['here:zone-a', 'there~', 'yonder!'] },
  { name: 'all-draining-zone-hints', id: 35, endpoints: ['here~:zone-a', 'there~:zone-b'] },
  { name: 'zone-hints-local', id: 36, endpoints: ['here:zone-b', 'there:zone-a'], spec: bothLocal },
  { name: 'node-hints', id: 37, endpoints: ['here:zone-a>node-2', 'there:zone-a>node-1'] },
  { name: 'other-nodes', id: 38, endpoints: ['here:zone-b>node-2', 'there:zone-a>node-3'] },
  { name: 'node-hint-missing', id: 39, endpoints: ['here:zone-a', 'there:zone-b>node-1'] },

  {
    name: 'protocols',
    id: 40,
    endpoints: [],
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, endpoints: ['here', 'yonder'] },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 8053, endpoints: ['there'] },
      { name: 'dns-sctp', protocol: 'SCTP', port: 53, targetPort: 9053, endpoints: both },
      { name: 'metrics', protocol: 'TCP', port: 9100, targetPort: 8080, endpoints: ['beside'] },
    ],
  },
  { name: 'external-ip-only', id: 41, endpoints: both, spec: { type: 'ClusterIP', ...externalLocal } },
] as const satisfies readonly TableService[]

export type ServiceName = (typeof table)[number]['name']

const services = new Map<string, TableService>(table.map((service) => [service.name, service]))

export function serviceOf(name: ServiceName): TableService {
  const service = services.get(name)
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

/** All of them and their slices, as the API server would print them. */
export const serviceObjects: readonly unknown[] = table.flatMap(objectsOf)
