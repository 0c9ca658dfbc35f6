import { lookup, Resolver } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { AddressPort } from '../config/address-port.ts'
import type { Corefile } from '../config/corefile/corefile.ts'
import type { UpstreamTls } from '../config/corefile/plugins/upstream-tls.ts'
import { systemEnvironment } from '../host/environment.ts'
import { errorText } from '../host/error-text.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { TlsSettings } from '../host/upstream-dial.ts'
import { Upstream } from '../host/upstream.ts'
import { optional } from '../model/optional.ts'
import { joinHostPort, parseAddress, type Address } from '../net/address.ts'
import { parseResolvConf } from '../net/resolv-conf.ts'
import type { DnsEnvironment, UpstreamAddress } from '../plugins/environment.ts'
import { readText } from './corefile-files.ts'

/** What serving a Corefile needs of this machine and its network. */
export type DnsWorld = Omit<DnsEnvironment, 'observe' | 'write' | 'zones' | 'hostsTable'>

/** Looks up the upstream servers that the Corefile gives by name. Throws a sentence when one of them has no address. */
export async function dnsWorld(corefile: Corefile): Promise<DnsWorld> {
  const hosts = await upstreamHosts(corefile)
  return {
    ...systemEnvironment,
    openUpstream,
    nameServers,
    searchList: (path) => parseResolvConf(readText(path)).search,
    hostAddresses: (host) => hosts.get(host) ?? [],
    interfaceAddresses,
    // What is sent to no address in particular comes to this machine.
    ownAddresses: new Set([...localAddresses(), '0.0.0.0', '::']),
  }
}

function openUpstream(server: UpstreamAddress): Upstream {
  const { host, port, tls, expireMs, maxAgeMs, maxIdle, sourceAddress } = server
  return new Upstream(
    { host, port, ...optional('tls', tls && tlsSettings(tls)), ...optional('sourceAddress', sourceAddress) },
    { expireMs, maxIdle, ...optional('maxAgeMs', maxAgeMs) },
  )
}

function tlsSettings({ serverName, authority, client }: UpstreamTls): TlsSettings {
  return {
    ...optional('serverName', serverName),
    ...optional('ca', authority === undefined ? undefined : readText(authority)),
    ...(client && { cert: readText(client.certificate), key: readText(client.key) }),
  }
}

function nameServers(path: string): readonly AddressPort[] {
  return parseResolvConf(readText(path)).nameservers.map(({ address, interface: zone }) => ({
    host: zone === undefined ? address : `${address}%${zone}`,
    port: 53,
  }))
}

function interfaceAddresses(name: string): readonly Address[] {
  return (networkInterfaces()[name] ?? []).flatMap(({ address }) => parseAddress(address.replace(/%.*$/, '')) ?? [])
}

async function upstreamHosts({ blocks }: Corefile): Promise<ReadonlyMap<string, readonly Address[]>> {
  const forwards = blocks.flatMap(({ plugins }) => plugins).filter((plugin) => plugin.name === 'forward')
  const asked = forwards.flatMap(({ to, resolvers }) =>
    to.flatMap((upstream) => (upstream.kind === 'host' ? [{ host: upstream.host, resolvers }] : [])),
  )
  return new Map(
    await Promise.all(asked.map(async ({ host, resolvers }) => [host, await addressesOf(host, resolvers)] as const)),
  )
}

async function addressesOf(host: string, resolvers: readonly AddressPort[]): Promise<readonly Address[]> {
  try {
    const found = resolvers.length === 0 ? await lookedUp(host) : await resolved(host, resolvers)
    return found.flatMap((address) => parseAddress(address) ?? [])
  } catch (error) {
    throw new Error(`Cannot find the addresses of the upstream server "${host}": ${errorText(error)}`, { cause: error })
  }
}

async function lookedUp(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/** Throws when neither family has an address. */
async function resolved(host: string, resolvers: readonly AddressPort[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers(resolvers.map(({ host: server, port }) => joinHostPort(server, port)))
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = found.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
  const [failed] = found.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  if (addresses.length === 0) throw failed
  return addresses
}
