import { parseAddress, type Address } from '../net/address.ts'

/** An address as one label: `10-244-1-7`; `2001:db8::` is `2001-db8--0`, since a host name may not end in a dash. */
export function addressLabel(address: Address): string {
  return address.replaceAll(/[.:]/g, '-').replace(/-$/, '-0')
}

/** The address that a label means, in whatever way it is written: `2001-db8-0-0-0-0-0-1`; undefined when it means none. */
export function labelledAddress(label: string): Address | undefined {
  const octets = label.split('-')
  const isIpv4 = octets.length === 4 && !label.includes('--')
  if (!isIpv4) return parseAddress(label.replaceAll('-', ':'))
  return octets.every((octet) => /^(0|[1-9]\d*)$/.test(octet)) ? parseAddress(octets.join('.')) : undefined
}
