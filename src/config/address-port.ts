import { familyOf, parseAddress } from '../net/address.ts'

export interface AddressPort {
  readonly host: string
  readonly port: number
}

/**
 * Reads `127.0.0.1:53`, `[::1]:53`, or an address alone, which gets the default port; undefined when it is neither.
 *
 * @param defaultPort That of DNS unless said otherwise.
 */
export function parseAddressPort(text: string, defaultPort = 53): AddressPort | undefined {
  const [, bracketed, plain, port = String(defaultPort)] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = parseAddress(bracketed ?? plain ?? text)
  if (host === undefined || Number(port) > 65535) return undefined
  // A bare IPv6 address has no port; brackets are for IPv6 only.
  if (bracketed !== undefined && familyOf(host) !== 'IPv6') return undefined
  return { host, port: Number(port) }
}
