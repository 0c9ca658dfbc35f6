import { optional } from '../../model/optional.ts'
import { familyOf, parseAddress, type Address } from '../../net/address.ts'
import { parseZone } from './zone.ts'

/** Where queries are forwarded to. */
export type Upstream =
  | {
      readonly kind: 'address'
      readonly transport: UpstreamTransport
      readonly address: Address
      readonly port: number
      /** Of a link-local IPv6 address: the interface, e.g. `eth0`. */
      readonly interface?: string
      /** The name in the certificate; absent: the one that `tls_servername` gives. */
      readonly serverName?: string
    }
  /** All name servers of a resolv.conf(5). */
  | { readonly kind: 'resolv.conf'; readonly path: string }
  | UpstreamHost

/** A host whose addresses are looked up at the start. */
interface UpstreamHost {
  readonly kind: 'host'
  readonly transport: UpstreamTransport
  readonly host: string
  readonly port: number
  readonly serverName?: string
}

type UpstreamTransport = 'dns' | 'tls'

/**
 * Reads `10.0.0.1`, `[2001:db8::1]:53`, `tls://9.9.9.9%dns.quad9.net:853`, `/etc/resolv.conf` or `dns.example:53`; a sentence
 * when it is none of these. A file is told from a host by its slash.
 */
export function parseUpstream(text: string): Upstream | string {
  const [, scheme = 'dns', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? []
  if (scheme === 'https') return 'DNS over HTTPS is not supported as an upstream; write its address alone, or tls://'
  if (scheme !== 'dns' && scheme !== 'tls')
    return `${scheme}:// is not supported as an upstream; write dns:// or tls://`
  if (rest.includes('/') && rest === text) return { kind: 'resolv.conf', path: rest }
  const { host, zone, port: given } = splitUpstream(rest)
  const port = Number(given ?? (scheme === 'tls' ? 853 : 53))
  if (port < 1 || port > 65535) return 'expected a port from 1 to 65535'
  return scheme === 'tls' ? tlsUpstream(host, zone, port) : dnsUpstream(host, zone, port)
}

/** @param zone The interface of a link-local address, e.g. `eth0` of `fe80::1%eth0`. */
function dnsUpstream(host: string, zone: string | undefined, port: number): Upstream | string {
  const address = parseAddress(host)
  if (address === undefined) return zone === undefined ? hostUpstream('dns', host, port) : expected
  if (zone === undefined) return { kind: 'address', transport: 'dns', address, port }
  if (familyOf(address) === 'IPv4' || !interfaceName.test(zone)) return expected
  return { kind: 'address', transport: 'dns', address, port, interface: zone }
}

/** @param zone The name of the server. */
function tlsUpstream(host: string, zone: string | undefined, port: number): Upstream | string {
  if (zone !== undefined && parseZone(zone) === undefined) return `"${zone}" is no server name`
  const address = parseAddress(host)
  const upstream =
    address === undefined
      ? hostUpstream('tls', host, port)
      : ({ kind: 'address', transport: 'tls', address, port } as const)
  return typeof upstream === 'string' ? upstream : { ...upstream, ...optional('serverName', zone) }
}

function hostUpstream(transport: UpstreamTransport, host: string, port: number): UpstreamHost | string {
  const name = parseZone(host)
  // Digits and dots alone are an address that is wrong.
  return name === undefined || /^[\d.]+$/.test(host) ? expected : { kind: 'host', transport, host: name, port }
}

const expected = 'expected an address, a host name or the path of a resolv.conf'

/** What Linux allows (IFNAMSIZ is 16 with its end). */
export const interfaceName = /^[\w.@-]{1,15}$/

/** The parts of `HOST%ZONE:PORT`; brackets may stand around HOST or HOST%ZONE. */
function splitUpstream(text: string): { readonly host: string; readonly zone?: string; readonly port?: string } {
  const bracketed = /^\[([^\]%]*)(?:%([^\]]*))?\](?::(\d+))?$/.exec(text)
  const plain = /^([^:%]*)(?:%([^:]*))?(?::(\d+))?$/.exec(text)
  // An IPv6 address without brackets has no port, but the name of a server behind it may have one.
  const bare = /^([^%]*)(?:%([^:]*)(?::(\d+))?)?$/.exec(text)
  const [, host = text, zone, port] = bracketed ?? plain ?? bare ?? []
  return { host, ...optional('zone', zone), ...optional('port', port) }
}
