import { addressBytes } from '../../net/address.ts'
import { parseCidr, type Cidr } from '../../net/cidr.ts'
import { optional } from '../../model/optional.ts'

/** The zones that a key names, and its port where it has one. */
export interface ZoneKey {
  /** Absolute and in lower case: `cluster.local.`. A network gives one or more reverse zones. */
  readonly zones: readonly string[]
  readonly port?: number
}

/** Reads `cluster.local`, `dns://.:53`, `10.0.0.0/16:53`; a sentence when it is none of these. */
export function parseZoneKey(text: string): ZoneKey | string {
  const [, scheme, rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? []
  if (scheme !== undefined && scheme !== 'dns') return whyNoScheme(scheme)
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/s.exec(rest) ?? []
  if (port !== undefined && Number(port) > 65535) return 'expected a port from 0 to 65535'
  const cidr = parseCidr(name)
  const zones = cidr === undefined ? [parseZone(name)] : reverseZones(cidr)
  if (!zones.every((zone) => zone !== undefined)) {
    return 'expected a zone such as cluster.local, or a network such as 10.0.0.0/16'
  }
  return { zones, ...optional('port', port === undefined ? undefined : Number(port)) }
}

/** A name as an absolute one in lower case; undefined when it is none. */
export function parseZone(text: string): string | undefined {
  if (text === '.') return text
  const name = text.toLowerCase().replace(/\.$/, '')
  const valid = name.length <= 253 && name.split('.').every((label) => /^[-\w]{1,63}$/.test(label))
  return valid ? `${name}.` : undefined
}

/** Whether addresses are looked up below it. */
export function isReverseZone(zone: string): boolean {
  return /(^|\.)(in-addr|ip6)\.arpa\.$/.test(zone)
}

/**
 * The zones that together hold the addresses of a network: octets for IPv4, hexadecimal digits for IPv6, so `10.0.0.0/15`
 * is `0.10.in-addr.arpa.` and `1.10.in-addr.arpa.`. RFC 1035 section 3.5, RFC 3596 section 2.5.
 */
function reverseZones({ family, network, prefix }: Cidr): readonly string[] {
  const bits = family === 'IPv4' ? 8 : 4
  const bytes = [...addressBytes(network)]
  const digits = family === 'IPv4' ? bytes : bytes.flatMap((byte) => [byte >> 4, byte & 15])
  const apex = family === 'IPv4' ? 'in-addr.arpa.' : 'ip6.arpa.'
  const whole = digits.slice(0, Math.ceil(prefix / bits))
  const last = whole.pop()
  if (last === undefined) return [apex]
  const count = 2 ** (whole.length * bits + bits - prefix)
  return Array.from({ length: count }, (_, i) =>
    [...whole, last + i]
      .toReversed()
      .map((digit) => digit.toString(family === 'IPv4' ? 10 : 16))
      .concat(apex)
      .join('.'),
  )
}

function whyNoScheme(scheme: string): string {
  if (scheme === 'tls') return 'serving DNS over TLS is not supported; only UDP and TCP are served'
  if (['quic', 'https', 'https3', 'grpc'].includes(scheme)) {
    return `${scheme}:// is not supported; only UDP and TCP are served`
  }
  return `the scheme ${scheme}:// is unknown; write no scheme, or dns://`
}
