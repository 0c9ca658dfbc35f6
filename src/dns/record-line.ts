import { parseAddress } from '../net/address.ts'
import type { MessageRecord } from './message.ts'
import { readName } from './name.ts'
import { uint16At, uint32At } from './octets.ts'
import { recordTypeName, recordTypes } from './record-type.ts'

/**
 * A record of a message as a line of a zone file: `cart.shop.svc.cluster.local. 5 IN A 10.96.7.20`. Types without a form of
 * their own here, and data that is not of its type, are written as RFC 3597 section 5 has it: `\# 2 0A01`.
 */
export function recordLine({ owner, ttl, type, data }: MessageRecord): string {
  return `${owner} ${ttl} IN ${recordTypeName(type)} ${dataText(type, data) ?? unknownData(data)}`
}

/** Undefined when the data is none of this type, or the type is not known here. */
function dataText(type: number, data: Uint8Array): string | undefined {
  switch (type) {
    case recordTypes.A:
      return data.length === 4 ? data.join('.') : undefined
    case recordTypes.AAAA:
      return data.length === 16 ? parseAddress(words(data).join(':')) : undefined
    case recordTypes.CNAME:
    case recordTypes.NS:
    case recordTypes.PTR:
      return nameAt(data, 0, data.length)
    case recordTypes.SRV:
      return joined([uint16At(data, 0), uint16At(data, 2), uint16At(data, 4), nameAt(data, 6, data.length)])
    case recordTypes.TXT:
      return strings(data)
    case recordTypes.SOA:
      return soaText(data)
    default:
      return undefined
  }
}

/** The name at `start`, when it ends at `end`. */
function nameAt(data: Uint8Array, start: number, end: number): string | undefined {
  const read = readName(data, start)
  return read?.end === end ? read.name : undefined
}

function soaText(data: Uint8Array): string | undefined {
  const nameServer = readName(data, 0)
  const numbers = data.length - 20
  if (nameServer === undefined || numbers < 0) return undefined
  const mailbox = nameAt(data, nameServer.end, numbers)
  return joined([nameServer.name, mailbox, ...[0, 4, 8, 12, 16].map((at) => uint32At(data, numbers + at))])
}

function joined(parts: readonly (string | number | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(' ')
}

/** `"one" "two"`; what would end a string, or is no printable ASCII, as in a zone file (RFC 1035 section 5.1). */
function strings(data: Uint8Array): string | undefined {
  const texts: string[] = []
  for (let at = 0; at < data.length; at += 1 + (data[at] ?? 0)) {
    const end = at + 1 + (data[at] ?? 0)
    if (end > data.length) return undefined
    texts.push(`"${[...data.subarray(at + 1, end)].map(characterText).join('')}"`)
  }
  return texts.length === 0 ? undefined : texts.join(' ')
}

function characterText(octet: number): string {
  if (octet < 32 || octet > 126) return `\\${String(octet).padStart(3, '0')}`
  const character = String.fromCodePoint(octet)
  return character === '"' || character === '\\' ? `\\${character}` : character
}

function words(data: Uint8Array): readonly string[] {
  return [0, 2, 4, 6, 8, 10, 12, 14].map((at) => uint16At(data, at).toString(16))
}

function unknownData(data: Uint8Array): string {
  const hex = [...data].map((octet) => octet.toString(16).padStart(2, '0')).join('')
  return `\\# ${data.length} ${hex.toUpperCase()}`.trimEnd()
}
