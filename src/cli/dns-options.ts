import manifest from '../../package.json' with { type: 'json' }
import { readCorefile } from '../agent/corefile-files.ts'
import type { DnsServiceOptions } from '../agent/dns-service.ts'
import type { AddressPort } from '../config/address-port.ts'
import { defaultCorefile } from '../config/default-corefile.ts'
import { listenFlagConflict } from '../config/listen-plan.ts'
import { optional } from '../model/optional.ts'
import { Failure } from './failure.ts'

/** What flags say about DNS. */
export interface DnsOptions {
  readonly clusterDomain: string
  readonly corefile?: string
  readonly dnsListen?: readonly AddressPort[]
  /** False with `--no-dns`. */
  readonly dns: boolean
}

/** Reads the Corefile; undefined with `--no-dns`. Bad input is a failure before anything starts. */
export async function dnsServiceOptions(options: DnsOptions): Promise<DnsServiceOptions | undefined> {
  const { clusterDomain, corefile: path, dnsListen: listen, dns } = options
  if (!dns && path !== undefined) throw new Failure('--corefile and --no-dns: leave one of them out')
  if (!dns) return undefined
  const { version } = manifest
  if (path === undefined) {
    return { corefile: defaultCorefile(clusterDomain), listen: listen ?? [{ host: '127.0.0.1', port: 53 }], version }
  }
  const corefile = await readCorefile(path)
  const conflict = listen && listenFlagConflict(corefile)
  if (conflict !== undefined) throw new Failure(conflict)
  return {
    corefile,
    ...optional('readCorefile', path === '-' ? undefined : () => readCorefile(path)),
    ...optional('listen', listen),
    version,
  }
}
