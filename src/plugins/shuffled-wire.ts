import { skipName } from '../dns/edns.ts'
import { uint16At } from '../dns/octets.ts'
import { shuffled } from '../dns/shuffled.ts'
import type { WireAnswer } from '../dns/wire-answer.ts'
import { placeOf, places } from './section-order.ts'

interface PlacedRecord {
  /** 0 to 2: answers, authority, additional. */
  readonly section: number
  readonly place: number
  readonly start: number
  readonly end: number
  /** Its owner is a pointer and nothing else. */
  readonly pointer: boolean
}

/**
 * An answer with the addresses of each name in another order, in its octets: an address record whose owner is a pointer
 * holds no name that others could point to, so those of one owner and length can change places as they are. Undefined
 * where that is not all there is to do: a section is not in order, or has several MX records.
 *
 * @param questionEnd The offset behind the question.
 */
export function shuffleWire(
  answer: WireAnswer,
  questionEnd: number,
  random: (limit: number) => number,
): WireAnswer | undefined {
  const { wire } = answer
  const counts = [uint16At(wire, 6), uint16At(wire, 8), uint16At(wire, 10)]
  if (counts.every((count) => count < 2)) return answer
  const records = placedRecords(wire, questionEnd, counts)
  if (!records.every((record, i) => isSettled(record, records[i - 1]))) return undefined
  const addresses = records.filter(({ place }) => place === places.address)
  const groups = Map.groupBy(
    addresses,
    // Sections are 2 bits, pointers and lengths 16 each: below 2^53.
    ({ section, start, end }) => (section * 2 ** 16 + uint16At(wire, start)) * 2 ** 16 + (end - start),
  )
  const copy = Uint8Array.from(wire)
  for (const group of groups.values()) {
    const order = shuffled(group, random)
    for (const [i, { start }] of group.entries()) copy.set(wire.subarray(order[i]?.start, order[i]?.end), start)
  }
  return { ...answer, wire: copy }
}

function placedRecords(wire: Uint8Array, questionEnd: number, counts: readonly number[]): readonly PlacedRecord[] {
  const records: PlacedRecord[] = []
  let start = questionEnd
  for (const [section, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      const head = skipName(wire, start)
      const end = head + 10 + uint16At(wire, head + 8)
      records.push({ section, place: placeOf(uint16At(wire, head)), start, end, pointer: head === start + 2 })
      start = end
    }
  }
  return records
}

/** Whether it stands rightly behind the one before it, and needs nothing but a swap with its like. */
function isSettled({ section, place, pointer }: PlacedRecord, before: PlacedRecord | undefined): boolean {
  if (place === places.address && !pointer) return false
  if (before?.section !== section) return true
  return place > before.place || (place === before.place && place !== places.exchanger)
}
