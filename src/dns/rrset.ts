import { setUint16, setUint32, uint16At, uint32At } from './octets.ts'
import { readData } from './record-data.ts'
import { recordTypes } from './record-type.ts'
import { dataBytes, type RecordData, type ResourceRecord } from './resource-record.ts'

/** A record's octets in front of its data: owner pointer 2, type 2, class 2, TTL 4, data length 2. */
export const recordHead = 12

/** The records of an RRset as `wire` has them. */
interface WireRecords {
  readonly wire: Uint8Array
  readonly count: number
}

/** The records of one type at one owner (RFC 2181 section 5); the owner is the key it is found under, so RRsets can be shared. */
export class RRset {
  readonly type: number
  readonly ttl: number
  /** How many records. */
  readonly count: number
  #data: readonly RecordData[] | undefined
  #wire: Uint8Array | undefined

  constructor(type: RecordData['type'] | number, ttl: number, data: readonly RecordData[] | WireRecords) {
    this.type = typeof type === 'number' ? type : recordTypes[type]
    this.ttl = ttl
    if ('wire' in data) {
      this.count = data.count
      this.#wire = data.wire
    } else {
      this.count = data.length
      this.#data = data
    }
  }

  /** The records, read when somebody first asks if they came in wire form. */
  get data(): readonly RecordData[] {
    this.#data ??= this.#read()
    return this.#data
  }

  /**
   * All records in wire form, each owner a pointer to the question's name (0xC00C): the usual owner, and it keeps the
   * question's case. Not for SOA, whose names point into the question.
   */
  get wire(): Uint8Array {
    this.#wire ??= this.#compile()
    return this.#wire
  }

  records(owner: string): readonly ResourceRecord[] {
    return this.data.map((data) => ({ owner, ttl: this.ttl, data }))
  }

  #read(): readonly RecordData[] {
    const wire = this.#wire ?? new Uint8Array()
    const data: RecordData[] = []
    for (let at = 0; at < wire.length;) {
      const end = at + recordHead + uint16At(wire, at + recordHead - 2)
      data.push(readData(this.type, wire.subarray(at + recordHead, end)))
      at = end
    }
    return data
  }

  #compile(): Uint8Array {
    const bodies = this.data.map((data) => (data.type === 'SOA' ? new Uint8Array() : dataBytes(data)))
    const wire = new Uint8Array(bodies.reduce((sum, body) => sum + recordHead + body.length, 0))
    let at = 0
    for (const body of bodies) {
      setUint16(wire, at, 0xc00c)
      setUint16(wire, at + 2, this.type)
      setUint16(wire, at + 4, 1)
      setUint32(wire, at + 6, this.ttl)
      setUint16(wire, at + 10, body.length)
      wire.set(body, at + recordHead)
      at += recordHead + body.length
    }
    return wire
  }
}

/** The RRset that has this wire form, which holds at least one record. */
export function rrsetOfWire(wire: Uint8Array, count: number): RRset {
  return new RRset(uint16At(wire, 2), uint32At(wire, 6), { wire, count })
}

/** The RRsets of these records, one per type, in the order of their first record. */
export function rrsetsOf(ttl: number, data: Iterable<RecordData>): readonly RRset[] {
  const byType = Map.groupBy(data, (record) => record.type)
  return [...byType].map(([type, records]) => new RRset(type, ttl, records))
}
