import { recordType, responseCode, type Code } from '../../config/corefile/code.ts'
import type { Value } from '../../config/corefile/value.ts'

/** What clients and upstream servers can make up beyond the names below: they must not choose how many series there are. */
const other = 'other'

const types = named(
  recordType,
  'A AAAA CNAME DNSKEY DS MX NSEC NSEC3 NS PTR RRSIG SOA SRV TXT HTTPS SVCB IXFR AXFR ANY',
)

const rcodes = named(
  responseCode,
  'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI' +
    ' BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE',
)

/** 16 is BADVERS where there is no TSIG (RFC 6891 section 9); CoreDNS has BADSIG for it. */
rcodes.set(16, 'BADVERS')

/** `AAAA`; `other` for types that CoreDNS does not count by name either. */
export function typeLabel(type: number): string {
  return types.get(type) ?? other
}

/** `NXDOMAIN` */
export function rcodeLabel(rcode: number): string {
  return rcodes.get(rcode) ?? other
}

function named(code: Value<Code>, names: string): Map<number, string> {
  return new Map(names.split(' ').flatMap((name) => (code.parse(name) ? [[code.parse(name)?.number ?? 0, name]] : [])))
}
