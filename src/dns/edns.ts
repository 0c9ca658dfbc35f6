import { setUint16, uint16At } from './octets.ts'

/** The OPT record of a query (RFC 6891 section 6.1). */
export interface Edns {
  /** The largest datagram that the client says it takes. */
  readonly udpSize: number
  readonly version: number
  readonly dnssecOk: boolean
  /** The options that go back as they came, in wire form. */
  readonly options: Uint8Array
}

/** However much a client takes: what fits here passes every path unfragmented (DNS flag day 2020). */
export const maxUdpAnswer = 1232

export const optType = 41
/** Root owner 1, type 2, class 2, TTL 4, data length 2. */
const optHead = 11

/** NSID, EXPIRE, COOKIE, TCP-KEEPALIVE and PADDING go back unchanged, as CoreDNS does; others are dropped. */
export const mirroredOptions: ReadonlySet<number> = new Set([3, 9, 10, 11, 12])

const noOptions = new Uint8Array()

const badVersion: Edns = { udpSize: 0, version: 0, dnssecOk: false, options: noOptions }

/** Reads the OPT record behind `skip` other records; a second OPT, or a record that is cut, is malformed. */
export function readEdns(
  message: Uint8Array,
  start: number,
  skip: number,
  additionals: number,
): Edns | 'malformed' | undefined {
  let edns: Edns | undefined
  let at = start
  for (let i = 0; i < skip + additionals; i++) {
    const head = skipName(message, at)
    const data = head + 10
    const end = data + uint16At(message, head + 8)
    if (data > message.length || end > message.length) return 'malformed'
    if (i >= skip && uint16At(message, head) === optType) {
      const options = edns === undefined && head === at + 1 ? mirrored(message, data, end) : undefined
      if (options === undefined) return 'malformed'
      edns = {
        udpSize: uint16At(message, head + 2),
        version: message[head + 5] ?? 0,
        dnssecOk: ((message[head + 6] ?? 0) & 0x80) !== 0,
        options,
      }
    }
    at = end
  }
  return edns
}

export function ednsLength(edns: Edns | undefined): number {
  return edns === undefined ? 0 : optHead + edns.options.length
}

/**
 * Writes the OPT of an answer: the client's size, but no more than we would send, its DO bit and its options. A version
 * that we do not speak gets the upper bits of BADVERS, with CoreDNS' size 0 and no options.
 */
export function writeEdns(bytes: Uint8Array, at: number, edns: Edns): number {
  if (edns.version !== 0) return writeOpt(bytes, at, badVersion, 1)
  const end = writeOpt(bytes, at, edns, 0)
  if (edns.udpSize > maxUdpAnswer) setUint16(bytes, at + 3, maxUdpAnswer)
  return end
}

/** Writes an OPT record as it is said; `extendedRcode` is what of an rcode the header has no room for: its upper 8 bits of 12. */
export function writeOpt(bytes: Uint8Array, at: number, edns: Edns, extendedRcode: number): number {
  const { options } = edns
  bytes[at] = 0
  setUint16(bytes, at + 1, optType)
  setUint16(bytes, at + 3, edns.udpSize)
  bytes[at + 5] = extendedRcode
  bytes[at + 6] = edns.version
  setUint16(bytes, at + 7, edns.dnssecOk ? 0x8000 : 0)
  setUint16(bytes, at + 9, options.length)
  if (options.length > 0) bytes.set(options, at + optHead)
  return at + optHead + options.length
}

/** The offset behind the owner of a record. A pointer ends a name and is not followed, so this is one pass. */
export function skipName(message: Uint8Array, start: number): number {
  for (let at = start; ;) {
    const length = message[at] ?? 0
    if (length >= 0xc0) return at + 2
    // Past the end of the message, length reads as 0, and the caller sees that nothing is there.
    if (length === 0) return at + 1
    at += 1 + length
  }
}

/** Most clients send no options: then no view of them is made. */
function mirrored(message: Uint8Array, start: number, end: number): Uint8Array | undefined {
  return start === end ? noOptions : selectOptions(message.subarray(start, end), (code) => mirroredOptions.has(code))
}

/** The options with these codes, in wire form; undefined when one is cut. */
export function selectOptions(data: Uint8Array, wanted: (code: number) => boolean): Uint8Array | undefined {
  if (data.length === 0) return noOptions
  const selected: Uint8Array[] = []
  let at = 0
  while (at < data.length) {
    const end = at + 4 + uint16At(data, at + 2)
    if (at + 4 > data.length || end > data.length) return undefined
    if (wanted(uint16At(data, at))) selected.push(data.subarray(at, end))
    at = end
  }
  return concatenate(selected)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
