import { familyOf, parseAddress } from '../net/address.ts'

export interface AddressPort {
  readonly host: string
  readonly port: number
}

/** Reads `127.0.0.1:53`, `[::1]:53`, or an address alone, which gets port 53; undefined when it is neither. */
export function parseAddressPort(text: string): AddressPort | undefined {
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = parseAddress(bracketed ?? plain ?? text)
  if (host === undefined || Number(port) > 65535) return undefined
  // A bare IPv6 address has no port; brackets are for IPv6 only.
  if (bracketed !== undefined && familyOf(host) !== 'IPv6') return undefined
  return { host, port: Number(port) }
}
