import { InvalidArgumentError, Option, type Command } from 'commander'
import { readManifests } from '../agent/manifest-files.ts'
import { ClusterStore } from '../agent/cluster-store.ts'
import { parseAddressPort, type AddressPort } from '../config/address-port.ts'
import type { ZoneOptions } from '../dns/zone-options.ts'
import { families, type Family } from '../net/family.ts'
import { Failure } from './failure.ts'
import { addSettingOptions } from './setting-options.ts'
import type { ConfigOptions } from './settings.ts'

/** Options that every command which looks at a cluster has. */
export interface ClusterOptions extends ConfigOptions {
  readonly filename: readonly string[]
  readonly clusterDomain: string
}

export function addClusterOptions(command: Command): Command {
  command
    .optionsGroup('Cluster:')
    .requiredOption(
      '-f, --filename <path>',
      'cluster state: a file, directory or - (YAML or JSON, as kubectl prints it; repeatable)',
      (path: string, previous: readonly string[] | undefined) => [...(previous ?? []), path],
    )
    .option('--config <path>', 'a KubeProxyConfiguration, or a ConfigMap that holds one; flags win over it')
    .option('--cluster-domain <name>', 'the DNS zone of the cluster', parseDomain, 'cluster.local')
    .optionsGroup('Options:')
  return addSettingOptions(command)
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

export function parseWorkers(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 64) throw new InvalidArgumentError('expected a number from 1 to 64.')
  return count
}

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
