import { recordTypes } from './record-type.ts'
import { recordHead } from './rrset.ts'

/** A random integer from 0 to below `limit`, each as likely. */
export type RandomBelow = (limit: number) => number

/**
 * Puts the addresses of an RRset in wire form into any order, each as likely (Fisher and Yates), so that clients which take
 * the first spread over all. Nothing is done to records of other types.
 */
export function shuffleAddresses(
  bytes: Uint8Array,
  start: number,
  type: number,
  count: number,
  random: RandomBelow,
): void {
  const octets = type === recordTypes.A ? 4 : type === recordTypes.AAAA ? 16 : 0
  if (octets === 0) return
  // Owner, TTL and length are the same in all records.
  const place = (record: number): number => start + record * (recordHead + octets) + recordHead
  for (let i = count - 1; i > 0; i--) {
    const j = random(i + 1)
    if (j !== i) swap(bytes, place(i), place(j), octets)
  }
}

function swap(bytes: Uint8Array, one: number, other: number, octets: number): void {
  for (let i = 0; i < octets; i++) {
    const octet = bytes[one + i] ?? 0
    bytes[one + i] = bytes[other + i] ?? 0
    bytes[other + i] = octet
  }
}
