import { InvalidArgumentError, Option, type Command } from 'commander'
import { hostname } from 'node:os'
import { readManifests } from '../agent/manifest-files.ts'
import { defaultMasqueradeBit } from '../agent/iptables-base.ts'
import { ClusterStore } from '../agent/cluster-store.ts'
import type { RulesetOptions } from '../agent/iptables-ruleset.ts'
import { parseAddressPort, type AddressPort } from '../config/address-port.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { parseCidr, type Cidr } from '../net/cidr.ts'
import type { LocalDetection } from '../plan/local-detector.ts'
import type { NodePortNetworks } from '../plan/node-port-addresses.ts'
import { families, type Family } from '../net/family.ts'
import { Failure } from './failure.ts'

/** Options that every command which looks at a cluster has. */
export interface ClusterOptions {
  readonly filename: readonly string[]
  readonly node: string
  readonly mode: 'iptables'
  readonly clusterCidr?: readonly Cidr[]
  readonly detectLocalMode: LocalDetection['mode']
  readonly podBridgeInterface?: string
  readonly podInterfaceNamePrefix?: string
  readonly masqueradeAll?: boolean
  readonly iptablesMasqueradeBit: number
  readonly nodeportAddresses?: NodePortNetworks
  readonly clusterDomain: string
}

export function addClusterOptions(command: Command): Command {
  return command
    .requiredOption(
      '-f, --filename <path>',
      'cluster state: a file, directory or - (YAML or JSON, as kubectl prints it; repeatable)',
      (path: string, previous: readonly string[] | undefined) => [...(previous ?? []), path],
    )
    .option('--node <name>', 'the node this is', hostname().toLowerCase())
    .addOption(new Option('--mode <mode>', 'how rules are written').choices(['iptables']).default('iptables'))
    .option('--cluster-cidr <cidrs>', 'pod networks, one per family, joined by a comma', parsePodNetworks)
    .addOption(
      new Option('--detect-local-mode <mode>', 'how the traffic of pods is told from other')
        .choices(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'])
        .default('ClusterCIDR'),
    )
    .option('--pod-bridge-interface <name>', 'bridge of the pods, for BridgeInterface', parseInterface)
    .option(
      '--pod-interface-name-prefix <prefix>',
      'how their interfaces begin, for InterfaceNamePrefix',
      parseInterface,
    )
    .option('--masquerade-all', 'masquerade all traffic to cluster IPs')
    .option(
      '--iptables-masquerade-bit <bit>',
      'bit of the packet mark that asks for masquerading, 0 to 31',
      parseBit,
      defaultMasqueradeBit,
    )
    .option(
      '--nodeport-addresses <cidrs>',
      'where node ports are open: networks joined by a comma, or primary for the address of the Node (default: everywhere)',
      (text) => (text === 'primary' ? text : parseCidrs(text)),
    )
    .option('--cluster-domain <name>', 'the DNS zone of the cluster', parseDomain, 'cluster.local')
}

export function addFamilyOption(command: Command): Command {
  return command.addOption(
    new Option('--family <family>', 'one family only (default: both)').choices(['ipv4', 'ipv6']).argParser(parseFamily),
  )
}

export function wantedFamilies({ family }: { readonly family?: Family }): readonly Family[] {
  return family === undefined ? families : [family]
}

export function rulesetOptions(options: ClusterOptions): Omit<RulesetOptions, 'family'> {
  return {
    nodeName: options.node,
    masqueradeAll: options.masqueradeAll ?? false,
    masqueradeBit: options.iptablesMasqueradeBit,
    localDetection: localDetection(options),
    nodePortNetworks: options.nodeportAddresses ?? [],
  }
}

function localDetection(options: ClusterOptions): LocalDetection {
  const { detectLocalMode: mode, clusterCidr, podBridgeInterface, podInterfaceNamePrefix } = options
  switch (mode) {
    case 'ClusterCIDR':
      return { mode, networks: clusterCidr ?? [] }
    case 'NodeCIDR':
      return { mode }
    case 'BridgeInterface':
      return { mode, name: required(podBridgeInterface, mode, '--pod-bridge-interface') }
    case 'InterfaceNamePrefix':
      return { mode, prefix: required(podInterfaceNamePrefix, mode, '--pod-interface-name-prefix') }
  }
}

function required(value: string | undefined, mode: string, flag: string): string {
  if (value === undefined) throw new Failure(`--detect-local-mode ${mode} needs ${flag}`)
  return value
}

export function zoneOptions(options: ClusterOptions): ZoneOptions {
  return { domain: options.clusterDomain, ttl: 5 }
}

/** Reads a cluster state from files; any bad input is a failure, and nothing of it is used. */
export async function readCluster(paths: readonly string[]): Promise<ClusterStore> {
  const { objects, errors } = await readManifests(paths)
  if (errors.length > 0) throw new Failure(errors.map(({ message }) => message).join('\n'))
  return new ClusterStore(objects.map(({ object }) => object))
}

export function parseListen(text: string, previous: readonly AddressPort[] | undefined): readonly AddressPort[] {
  const address = parseAddressPort(text)
  if (address === undefined) throw new InvalidArgumentError('expected ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53.')
  return [...(previous ?? []), address]
}

function parseFamily(text: string): Family {
  const family = families.find((candidate) => candidate.toLowerCase() === text)
  if (family === undefined) throw new InvalidArgumentError('expected ipv4 or ipv6.')
  return family
}

function parseCidrs(text: string): readonly Cidr[] {
  return text === ''
    ? []
    : text.split(',').map((part) => {
        const cidr = parseCidr(part.trim())
        if (cidr === undefined) throw new InvalidArgumentError(`"${part}" is no CIDR, such as 10.244.0.0/16.`)
        return cidr
      })
}

function parsePodNetworks(text: string): readonly Cidr[] {
  const networks = parseCidrs(text)
  const all = networks.find(({ prefix }) => prefix === 0)
  if (all !== undefined)
    throw new InvalidArgumentError(`${all.text} holds every address, so it tells no pod from others.`)
  return networks
}

/** What Linux allows (IFNAMSIZ is 16 with its end), without what would end a word of a rule. */
function parseInterface(text: string): string {
  if (!/^[\w.@:-]{1,15}$/.test(text))
    throw new InvalidArgumentError('expected an interface name of at most 15 characters.')
  return text
}

function parseBit(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 31) throw new InvalidArgumentError('expected a number from 0 to 31.')
  return Number(text)
}

function parseDomain(text: string): string {
  const domain = text.replace(/\.$/, '').toLowerCase()
  const valid =
    domain.length <= 200 && domain.split('.').every((label) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(label))
  if (!valid) throw new InvalidArgumentError('expected a DNS name, such as cluster.local.')
  return domain
}
