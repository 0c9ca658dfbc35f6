/** Record types by number (IANA DNS parameters): those we answer with, and those that people and programs ask for. */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  DS: 43,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const

/** The number of a type written as `AAAA`, `aaaa`, `TYPE28` (RFC 3597 section 5) or 28. */
export function parseRecordType(type: string | number): number {
  const number = typeof type === 'number' ? type : recordTypeNumber(type)
  if (number === undefined) {
    throw new RangeError(
      `Unknown record type "${type}": write one of ${Object.keys(recordTypes).join(', ')}, or TYPE and a number`,
    )
  }
  return number
}

/** The number of a type written as `AAAA`, `aaaa` or `TYPE28`; undefined when it is none that we know. */
export function recordTypeNumber(type: string): number | undefined {
  const word = type.toUpperCase()
  const known = Object.entries(recordTypes).find(([name]) => name === word)
  if (known) return known[1]
  const number = /^TYPE(\d{1,5})$/.exec(word)?.[1]
  return number === undefined || Number(number) > 65535 ? undefined : Number(number)
}

/** `AAAA`, or `TYPE4711` (RFC 3597 section 5). */
export function recordTypeName(type: number): string {
  return Object.entries(recordTypes).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`
}
