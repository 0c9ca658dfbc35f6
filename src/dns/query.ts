import { readEdns, type Edns } from './edns.ts'
import { endOfName, nameAt } from './name.ts'
import { uint16At } from './octets.ts'

/** What a datagram or TCP message turns out to be. */
export type Incoming = NoQuery | Query

export type NoQuery =
  /** Not a query at all: whatever we said to it could be answered in turn, for ever. */
  | { readonly kind: 'drop' }
  /** Answered with a header alone. */
  | { readonly kind: 'refuse'; readonly rcode: 'FORMERR' | 'NOTIMP' }

/** A query of which nobody has needed the name as text yet. */
export interface UnnamedQuery {
  readonly kind: 'query'
  readonly type: number
  readonly class: number
  /** The offset behind the question: header and question are answered as they came. */
  readonly questionEnd: number
  /** Absent without EDNS. */
  readonly edns?: Edns
}

export interface Query extends UnnamedQuery {
  /** As spelled in the question, absolute. */
  readonly name: string
}

export const headerLength = 12

/** A question of 255 octets, a cookie and padding fit well below; CoreDNS reads no more of a datagram either. */
const maxUdpQuery = 512

const malformed: NoQuery = { kind: 'refuse', rcode: 'FORMERR' }

export function readQuery(message: Uint8Array, transport: 'udp' | 'tcp'): Incoming {
  const incoming = inspectQuery(message, transport)
  return incoming.kind === 'query' ? { ...incoming, name: nameAt(message, headerLength) } : incoming
}

/** Checks a message, and reads all but the name; what is cheap to see is checked first, so that garbage costs least. */
export function inspectQuery(message: Uint8Array, transport: 'udp' | 'tcp'): NoQuery | UnnamedQuery {
  const flags = message[2] ?? 0
  if (message.length < headerLength || (flags & 0x80) !== 0) return { kind: 'drop' }
  // NOTIFY too: we are nobody's secondary (RFC 1996 section 3.5).
  if ((flags & 0x78) !== 0) return { kind: 'refuse', rcode: 'NOTIMP' }
  if (transport === 'udp' && message.length > maxUdpQuery) return malformed
  const questions = uint16At(message, 4)
  const answers = uint16At(message, 6)
  const authorities = uint16At(message, 8)
  const additionals = uint16At(message, 10)
  // An answer or authority record makes sense in NOTIFY or IXFR; more than CoreDNS allows is no query.
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2) return malformed
  const nameEnd = endOfName(message, headerLength)
  if (nameEnd === undefined || nameEnd + 4 > message.length) return malformed
  const questionEnd = nameEnd + 4
  const edns = readEdns(message, questionEnd, answers + authorities, additionals)
  if (edns === 'malformed') return malformed
  const query = {
    kind: 'query',
    type: uint16At(message, nameEnd),
    class: uint16At(message, nameEnd + 2),
    questionEnd,
  } as const
  return edns === undefined ? query : { ...query, edns }
}
