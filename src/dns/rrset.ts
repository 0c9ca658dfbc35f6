import { recordTypes } from './record-type.ts'
import { dataBytes, type RecordData, type ResourceRecord } from './resource-record.ts'

/** A record's octets in front of its data: owner pointer 2, type 2, class 2, TTL 4, data length 2. */
export const recordHead = 12

/** The records of one type at one owner (RFC 2181 section 5); the owner is the key it is found under, so RRsets can be shared. */
export class RRset {
  readonly type: number
  readonly ttl: number
  readonly data: readonly RecordData[]
  #wire: Uint8Array | undefined

  constructor(type: RecordData['type'], ttl: number, data: readonly RecordData[]) {
    this.type = recordTypes[type]
    this.ttl = ttl
    this.data = data
  }

  /**
   * All records in wire form, each owner a pointer to the question's name (0xC00C): the usual owner, and it keeps the
   * question's case. Made at the first question, since most endpoint names are never asked for. Not for SOA, whose
   * names point into the question.
   */
  get wire(): Uint8Array {
    this.#wire ??= this.#compile()
    return this.#wire
  }

  records(owner: string): readonly ResourceRecord[] {
    return this.data.map((data) => ({ owner, ttl: this.ttl, data }))
  }

  #compile(): Uint8Array {
    const bodies = this.data.map((data) => (data.type === 'SOA' ? new Uint8Array() : dataBytes(data)))
    const wire = new Uint8Array(bodies.reduce((sum, body) => sum + recordHead + body.length, 0))
    const view = new DataView(wire.buffer)
    let at = 0
    for (const body of bodies) {
      view.setUint16(at, 0xc00c)
      view.setUint16(at + 2, this.type)
      view.setUint16(at + 4, 1)
      view.setUint32(at + 6, this.ttl)
      view.setUint16(at + 10, body.length)
      wire.set(body, at + recordHead)
      at += recordHead + body.length
    }
    return wire
  }
}

/** The RRsets of these records, one per type, in the order of their first record. */
export function rrsetsOf(ttl: number, data: Iterable<RecordData>): readonly RRset[] {
  const byType = Map.groupBy(data, (record) => record.type)
  return [...byType].map(([type, records]) => new RRset(type, ttl, records))
}
