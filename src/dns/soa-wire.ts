import { mailboxLabel, nameServerLabels } from './apex.ts'
import { nameBytes } from './name.ts'
import { setUint16, setUint32 } from './octets.ts'
import { soaTimes } from './resource-record.ts'
import type { RRset } from './rrset.ts'

/** What stands in front of the zone's name in the SOA, in wire form without the root. */
const nameServerBytes = nameBytes(nameServerLabels)?.subarray(0, -1) ?? new Uint8Array()
const mailboxBytes = nameBytes(mailboxLabel)?.subarray(0, -1) ?? new Uint8Array()

/**
 * Writes an SOA whose three names end in a pointer to the zone's part of the question, and so in its spelling; returns
 * the offset behind it. The buffer must have some 60 octets left.
 */
export function writeSoa(bytes: Uint8Array, start: number, zoneAt: number, rrset: RRset): number {
  const [data] = rrset.data
  if (data?.type !== 'SOA') return start
  const pointer = 0xc000 | zoneAt
  setUint16(bytes, start, pointer)
  setUint16(bytes, start + 2, rrset.type)
  setUint16(bytes, start + 4, 1)
  setUint32(bytes, start + 6, rrset.ttl)
  let at = start + 12
  for (const labels of [nameServerBytes, mailboxBytes]) {
    bytes.set(labels, at)
    setUint16(bytes, at + labels.length, pointer)
    at += labels.length + 2
  }
  for (const number of [data.serial, ...soaTimes, data.minimum]) {
    setUint32(bytes, at, number)
    at += 4
  }
  setUint16(bytes, start + 10, at - start - 12)
  return at
}
