import type { Forward } from '../config/corefile/plugins/forward.ts'
import type { Upstream } from '../config/corefile/upstream.ts'
import { optional } from '../model/optional.ts'
import { joinHostPort } from '../net/address.ts'
import type { Block } from './block.ts'
import type { DnsEnvironment, OpenUpstream, UpstreamAddress } from './environment.ts'

/** Connections that stay open to a server where the Corefile allows any number. */
const usualIdle = 64

type Place = Pick<UpstreamAddress, 'host' | 'port' | 'tls'>

/**
 * The servers that a `forward` asks, ready to be asked. Throws a sentence when there is none, or when one of them is
 * where the block listens itself, however the Corefile names it: it would ask itself for ever.
 */
export function upstreamsOf(plugin: Forward, { environment, leadsBack }: Block): readonly OpenUpstream[] {
  const places = plugin.to.flatMap((upstream) => placesOf(upstream, plugin, environment))
  if (places.length === 0) throw new Error(`forward ${plugin.from}: there is no upstream server to ask`)
  for (const { host, port } of places) {
    if (!leadsBack({ address: host, port }, plugin.from)) continue
    const where = joinHostPort(host, port)
    throw new Error(
      `forward ${plugin.from}: the upstream ${where} is where this server block listens itself; it would ask itself for ever`,
    )
  }
  return places.map((place) => environment.openUpstream({ ...place, ...connectionOptions(plugin) }))
}

function placesOf(upstream: Upstream, { tls }: Forward, environment: DnsEnvironment): readonly Place[] {
  if (upstream.kind === 'resolv.conf') return environment.nameServers(upstream.path)
  const { port, transport, serverName } = upstream
  const overTls =
    transport === 'tls' ? { tls: { ...tls, ...optional('serverName', serverName ?? tls.serverName) } } : {}
  if (upstream.kind === 'host')
    return environment.hostAddresses(upstream.host).map((host) => ({ host, port, ...overTls }))
  const host = upstream.interface === undefined ? upstream.address : `${upstream.address}%${upstream.interface}`
  return [{ host, port, ...overTls }]
}

/** 0 is any age, and no more idle connections than a node needs. */
function connectionOptions({ expireMs, maxAgeMs, maxIdleConnections, sourceAddress }: Forward) {
  return {
    expireMs,
    ...optional('maxAgeMs', maxAgeMs || undefined),
    maxIdle: maxIdleConnections || usualIdle,
    ...optional('sourceAddress', sourceAddress),
  }
}
