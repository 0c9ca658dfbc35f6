import { readFile } from 'node:fs/promises'
import manifest from '../../package.json' with { type: 'json' }
import { readCorefile } from '../agent/corefile-files.ts'
import type { AgentDnsOptions } from '../agent/cluster-dns.ts'
import type { AddressPort } from '../config/address-port.ts'
import { defaultCorefile } from '../config/default-corefile.ts'
import { listenFlagConflict } from '../config/listen-plan.ts'
import { freePort } from '../host/dns-listener.ts'
import { optional } from '../model/optional.ts'
import { parseResolvConf } from '../net/resolv-conf.ts'
import { Failure } from './failure.ts'
import { nodeLocalDnsOptions } from './node-local.ts'
import type { NodeLocalOptions } from './options.ts'

/** What flags say about DNS. */
export interface DnsOptions extends NodeLocalOptions {
  readonly clusterDomain: string
  readonly corefile?: string
  readonly dnsListen?: readonly AddressPort[]
  readonly dnsWorkers: number
  /** False with `--no-dns`. */
  readonly dns: boolean
  readonly dnsAfterRules?: boolean
  readonly dryRun?: boolean
}

/** Reads the Corefile; undefined with `--no-dns`. Bad input is a failure before anything starts. */
export async function dnsServiceOptions(options: DnsOptions): Promise<AgentDnsOptions | undefined> {
  const { clusterDomain, corefile: path, dnsListen, dnsWorkers: workers, dns } = options
  if (!dns && path !== undefined) throw new Failure('--corefile and --no-dns: leave one of them out')
  if (!dns) return undefined
  const listen = dnsListen && (await Promise.all(dnsListen.map(withPort)))
  const common = {
    version: manifest.version,
    workers,
    search: await nodeSearchList(),
    ...optional('afterRules', options.dnsAfterRules),
    ...optional('nodeLocal', nodeLocalDnsOptions(options)),
  }
  if (path === undefined) {
    return { ...common, corefile: defaultCorefile(clusterDomain), listen: listen ?? [{ host: '127.0.0.1', port: 53 }] }
  }
  const corefile = await readCorefile(path)
  const conflict = listen && listenFlagConflict(corefile)
  if (conflict !== undefined) throw new Failure(conflict)
  return {
    ...common,
    corefile,
    ...optional('readCorefile', path === '-' ? undefined : () => readCorefile(path)),
    ...optional('listen', listen),
  }
}

/** Port 0 is chosen here: what is served is found by the port, and stays there through every reload. */
async function withPort({ host, port }: AddressPort): Promise<AddressPort> {
  return { host, port: port === 0 ? await freePort(host) : port }
}

/** The search domains that the kubelet gives pods besides those of the cluster; none where the node has no resolv.conf. */
async function nodeSearchList(): Promise<{ readonly search: readonly string[] }> {
  return { search: parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')).search }
}
