import type { Value } from './value.ts'

/** A type, class or response code by its name and by its number on the wire. */
export interface Code {
  readonly name: string
  readonly number: number
}

/** Source: IANA, DNS CLASSes. */
const classes: Readonly<Record<string, number>> = { IN: 1, CS: 2, CH: 3, HS: 4, NONE: 254, ANY: 255 }

/** Source: IANA, DNS RCODEs; NOTIMPL is another spelling that CoreDNS takes. */
const responseCodes: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  NOTIMPL: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
}

/** Source: IANA, Resource Record (RR) TYPEs. */
const recordTypes: Readonly<Record<string, number>> = {
  ...numbered(1, 'A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR'),
  ...numbered(24, 'SIG KEY PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP'),
  ...numbered(45, 'IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA'),
  ...numbered(55, 'HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS'),
  ...numbered(99, 'SPF UINFO UID GID UNSPEC NID L32 L64 LP EUI48 EUI64'),
  ...numbered(249, 'TKEY TSIG IXFR AXFR MAILB MAILA ANY URI CAA AVC'),
  ...numbered(260, 'AMTRELAY RESINFO'),
  ...numbered(32_768, 'TA DLV'),
}

export const recordClass: Value<Code> = named('a class such as IN or ANY', classes)
export const responseCode: Value<Code> = named('a response code such as NXDOMAIN', responseCodes)
export const recordType: Value<Code> = named('a record type such as A or AAAA', recordTypes)

/** `AAAA`; `TYPE65280` for one without a name (RFC 3597 section 5). */
export const typeName: (type: number) => string = naming(recordTypes, 'TYPE')

/** `IN`; `CLASS42` for one without a name. */
export const className: (recordClass: number) => string = naming(classes, 'CLASS')

/** `NXDOMAIN`; the number itself for one without a name. */
export const responseCodeName: (code: number) => string = naming(responseCodes, '')

/** Of several spellings the first. */
function naming(numbers: Readonly<Record<string, number>>, prefix: string): (number: number) => string {
  const names = new Map(
    Object.entries(numbers)
      .toReversed()
      .map(([name, number]) => [number, name]),
  )
  return (number) => names.get(number) ?? `${prefix}${number}`
}

function named(expected: string, numbers: Readonly<Record<string, number>>): Value<Code> {
  return {
    expected,
    parse(text) {
      const name = text.toUpperCase()
      const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined
      return number === undefined ? undefined : { name, number }
    },
  }
}

/** Names whose numbers follow each other. */
function numbered(first: number, names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name, i) => [name, first + i]))
}
