import type { Family } from './family.ts'

/** The canonical text of an IP address: `10.0.0.1`, or RFC 5952 for IPv6: `2001:db8::1`. */
export type Address = string

/**
 * Reads an address as the Kubernetes API does and returns its canonical text; undefined when it is none.
 * Leading zeros are decimal (`172.30.0.041` is 172.30.0.41) and an IPv4-mapped IPv6 address is the IPv4 address,
 * because objects stored before the API server validated strictly still carry both. Source: KEP-4858, Go net.ParseIP.
 */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

export function familyOf(address: Address): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`: the form of DNAT targets and chain hashes. */
export function joinHostPort(address: Address, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The reverse of {@link joinHostPort}, for text that came from it. */
export function splitHostPort(text: string): { readonly host: Address; readonly port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) }
}

/** The 4 or 16 bytes of a canonical address, in network order. */
export function addressBytes(address: Address): Uint8Array {
  if (!address.includes(':')) return ipv4Bytes(address)
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  ipv6Groups(address)?.forEach((group, i) => view.setUint16(i * 2, group))
  return bytes
}

/** The address that has these 4 or 16 bytes; the reverse of {@link addressBytes}. */
export function formatAddress(bytes: Uint8Array): Address {
  if (bytes.length === 4) return bytes.join('.')
  return formatIpv6(Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)))
}

function ipv4Bytes(address: Address): Uint8Array {
  const bytes = new Uint8Array(4)
  for (let i = 0, at = 0; i < address.length; i++) {
    const digit = address.charCodeAt(i) - 48
    if (digit < 0) at++
    else bytes[at] = (bytes[at] ?? 0) * 10 + digit
  }
  return bytes
}

function parseIpv4(text: string): Address | undefined {
  const octets = ipv4Octets(text)
  return octets && octets.join('.')
}

function ipv4Octets(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets = parts.map((part) => (/^\d{1,20}$/.test(part) ? Number(part) : 256))
  return octets.every((octet) => octet <= 255) ? octets : undefined
}

function parseIpv6(text: string): Address | undefined {
  const groups = ipv6Groups(text)
  return groups && formatIpv6(groups)
}

/** The eight 16-bit groups of IPv6 text; undefined when it is not an IPv6 address. RFC 4291 section 2.2. */
function ipv6Groups(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = groupsOf(halves[1] ?? '', true)
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1) return missing === 0 ? head : undefined
  // "::" stands for at least one group (Go and Node read `1:2:3:4:5:6:7::` as one zero group).
  return missing >= 1 ? [...head, ...Array<number>(missing).fill(0), ...tail] : undefined
}

function groupsOf(text: string, mayEndInIpv4: boolean): readonly number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const octets = mayEndInIpv4 && i === parts.length - 1 ? ipv4Octets(part) : undefined
      if (!octets) return undefined
      const [a = 0, b = 0, c = 0, d = 0] = octets
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

function formatIpv6(groups: readonly number[]): Address {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6)
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** RFC 5952 section 4.2: the longest run of zero groups, the first of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue
    if (i - start > best.length) best = { start, length: i - start }
    start = i + 1
  }
  return best
}
