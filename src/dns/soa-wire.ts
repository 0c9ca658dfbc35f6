import { setUint16, setUint32 } from './octets.ts'
import { soaTimes } from './resource-record.ts'
import type { RRset } from './rrset.ts'

/** ASCII */
const dot = 46

/**
 * Writes an SOA whose three names end in a pointer to the zone's part of the question, and so in its spelling; returns
 * the offset behind it. The buffer must have some 200 octets left.
 *
 * @param zoneLength Octets of the zone's part.
 */
export function writeSoa(bytes: Uint8Array, start: number, zoneAt: number, zoneLength: number, rrset: RRset): number {
  const [data] = rrset.data
  if (data?.type !== 'SOA') return start
  const pointer = 0xc000 | zoneAt
  setUint16(bytes, start, pointer)
  setUint16(bytes, start + 2, rrset.type)
  setUint16(bytes, start + 4, 1)
  setUint32(bytes, start + 6, rrset.ttl)
  let at = start + 12
  for (const name of [data.nameServer, data.mailbox]) {
    at = writeLabels(bytes, at, name, name.length + 1 - zoneLength)
    setUint16(bytes, at, pointer)
    at += 2
  }
  for (const number of [data.serial, ...soaTimes, data.minimum]) {
    setUint32(bytes, at, number)
    at += 4
  }
  setUint16(bytes, start + 10, at - start - 12)
  return at
}

/** Writes the labels in the first `length` characters of a name of ours, which is spelled without escapes. */
function writeLabels(bytes: Uint8Array, start: number, name: string, length: number): number {
  let label = start
  for (let i = 0; i < length; i++) {
    const octet = name.charCodeAt(i)
    bytes[start + 1 + i] = octet
    if (octet !== dot) continue
    bytes[label] = start + i - label
    label = start + 1 + i
  }
  return label
}
