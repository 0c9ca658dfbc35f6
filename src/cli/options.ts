import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseAddressPort, type AddressPort } from '../config/address-port.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { parseAddress, type Address } from '../net/address.ts'
import { cidrContains, parseCidr } from '../net/cidr.ts'
import { families, type Family } from '../net/family.ts'
import { addSettingOptions, clusterGroup } from './setting-options.ts'
import type { ConfigOptions } from './settings.ts'

/** Options that every command which looks at a cluster has. */
export interface ClusterOptions extends ConfigOptions {
  /** Absent: the cluster itself is asked. */
  readonly filename?: readonly string[]
  readonly context?: string
  readonly clusterDomain: string
}

export interface NodeLocalOptions {
  /** True: the addresses that the cluster state names. */
  readonly nodeLocalDns?: true | readonly Address[]
}

export function addClusterOptions(command: Command): Command {
  command
    .optionsGroup(clusterGroup)
    .option(
      '-f, --filename <path>',
      'cluster state: a file, directory or - (YAML or JSON, as kubectl prints it; repeatable)',
      (path: string, previous: readonly string[] | undefined) => [...(previous ?? []), path],
    )
    .option('--context <name>', 'in place of -f: this context of the kubeconfig')
    .option('--config <path>', 'a KubeProxyConfiguration, or a ConfigMap that holds one; flags win over it')
    .option('--cluster-domain <name>', 'the DNS zone of the cluster', parseDomain, 'cluster.local')
    .optionsGroup('Options:')
  return addSettingOptions(command)
}

/** The option of `run` and `render`: true when no addresses are given. */
export function addNodeLocalOption(command: Command): Command {
  return command.option(
    '--node-local-dns [addresses]',
    'answer the cluster DNS addresses on this node, with rules that keep queries for them here (comma-separated; default 169.254.20.10 and the cluster IPs of the Service kube-system/kube-dns)',
    parseAddresses,
  )
}

export function addFamilyOption(command: Command): Command {
  return command.addOption(
    new Option('--family <family>', 'one family only (default: both)').choices(['ipv4', 'ipv6']).argParser(parseFamily),
  )
}

export function wantedFamilies({ family }: { readonly family?: Family }): readonly Family[] {
  return family === undefined ? families : [family]
}

export function zoneOptions(options: ClusterOptions): ZoneOptions {
  return { domain: options.clusterDomain, ttl: 5 }
}

export function parseListen(text: string, previous: readonly AddressPort[] | undefined): readonly AddressPort[] {
  const address = parseAddressPort(text)
  if (address === undefined) throw new InvalidArgumentError('expected ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53.')
  return [...(previous ?? []), address]
}

export function parseWorkers(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 64) throw new InvalidArgumentError('expected a number from 1 to 64.')
  return count
}

/** Reads a list of addresses that a node may take for itself, each once, e.g. `169.254.20.10,10.96.0.10`. */
function parseAddresses(text: string): readonly Address[] {
  const addresses = text.split(',').map((word) => {
    const address = parseAddress(word.trim())
    if (address === undefined || notOfOneHost.some((network) => cidrContains(network, address))) {
      throw new InvalidArgumentError(
        `expected unicast addresses with commas between them, such as 169.254.20.10,10.96.0.10, got "${word}".`,
      )
    }
    return address
  })
  return [...new Set(addresses)]
}

/** None, loopback, multicast and reserved; IPv6 link-local, which means nothing without an interface. */
const notOfOneHost = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8'].flatMap(
  (text) => parseCidr(text) ?? [],
)

function parseFamily(text: string): Family {
  const family = families.find((candidate) => candidate.toLowerCase() === text)
  if (family === undefined) throw new InvalidArgumentError('expected ipv4 or ipv6.')
  return family
}

function parseDomain(text: string): string {
  const domain = text.replace(/\.$/, '').toLowerCase()
  const valid =
    domain.length <= 200 && domain.split('.').every((label) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(label))
  if (!valid) throw new InvalidArgumentError('expected a DNS name, such as cluster.local.')
  return domain
}
