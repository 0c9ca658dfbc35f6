import type { RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import { podCidr } from '../../src/host/lab/addresses.ts'
import type { Address } from '../../src/net/address.ts'
import { parseCidr, type Cidr } from '../../src/net/cidr.ts'
import { families, type Family } from '../../src/net/family.ts'
import { addressIn, places, secondAddress, thisNode } from './places.ts'
import { serviceAddress } from './service-objects.ts'
import { serviceObjects, serviceOf } from './services.ts'

/** How the agent is set up, and what its node is like. */
export interface Setting extends Pick<RulesetOptions, 'masqueradeAll' | 'localDetection' | 'nodePortNetworks'> {
  readonly name: string
  /** Absent: the Node has no zone label. */
  readonly zone?: string
  /** The node has the load balancer address of service `ranged`, as some clouds arrange it. */
  readonly ownsVip?: true
}

const noZone = {
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks: cidrs(podCidr.IPv4, podCidr.IPv6) },
  nodePortNetworks: [],
} as const
const usual = { ...noZone, zone: 'zone-a' } as const
const undetected = { mode: 'ClusterCIDR', networks: [] } as const

export const settings = [
  { name: 'usual', ...usual },
  { name: 'pods not detected', ...usual, localDetection: undetected },
  { name: 'masquerade all', ...usual, masqueradeAll: true },
  { name: 'masquerade all, pods not detected', ...usual, masqueradeAll: true, localDetection: undetected },
  { name: 'pods by bridge', ...usual, localDetection: { mode: 'BridgeInterface', name: places.pod } },
  { name: 'pods by interface prefix', ...usual, localDetection: { mode: 'InterfaceNamePrefix', prefix: 'backend' } },
  { name: 'node ports in one IPv4 network', ...usual, nodePortNetworks: cidrs(`${secondAddress.IPv4}/32`) },
  {
    name: 'node ports in several networks',
    ...usual,
    nodePortNetworks: cidrs('192.0.2.10/32', `${secondAddress.IPv4}/32`, '127.0.0.0/8', `${secondAddress.IPv6}/128`),
  },
  { name: 'node ports on the primary address', ...usual, nodePortNetworks: 'primary' },
  { name: 'node without zone', ...noZone },
  { name: 'node owns a load balancer address', ...usual, ownsVip: true },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settings)[number]['name']

/** Every object of the cluster under a setting. */
export function clusterObjects(setting: Setting): readonly unknown[] {
  return [nodeObject(setting), ...serviceObjects]
}

/** The Node that all of it is about. */
export function nodeObject({ zone }: Pick<Setting, 'zone'>): unknown {
  const addresses = families.flatMap((family) => [
    { type: 'InternalIP', address: addressIn(family, 'node') },
    { type: 'ExternalIP', address: secondAddress[family] },
  ])
  const labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: thisNode, labels }, status: { addresses } }
}

export function rulesetOptions(setting: Setting, family: Family): RulesetOptions {
  const { masqueradeAll, localDetection, nodePortNetworks } = setting
  return { family, nodeName: thisNode, masqueradeAll, localDetection, nodePortNetworks }
}

/** The addresses of the node's interfaces. */
export function nodeAddresses({ ownsVip }: Setting, family: Family): readonly Address[] {
  return [addressIn(family, 'node'), secondAddress[family], ...(ownsVip === true ? [ownedVip(family)] : [])]
}

export function ownedVip(family: Family): Address {
  return serviceAddress['load balancer IP'](family, serviceOf('ranged').id)
}

function cidrs(...texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap((text) => parseCidr(text) ?? [])
}
