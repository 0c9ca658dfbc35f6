import { ednsLength, writeEdns, type Edns } from './edns.ts'
import { isWithin, nameBytes, parentName } from './name.ts'
import { setUint16, uint16At } from './octets.ts'
import { headerLength } from './query.ts'
import { recordTypes } from './record-type.ts'
import type { PlacedRRset } from './resolution.ts'
import type { RecordData } from './resource-record.ts'
import { recordHead, type RRset } from './rrset.ts'
import { shuffleAddresses, type RandomBelow } from './shuffled-records.ts'
import { writeSoa } from './soa-wire.ts'

/** Answers are put together here and copied out; nothing else runs in between, so one buffer serves all. */
const scratch = new Uint8Array(65535)

/** So few are copied one by one: to make a view of them takes longer. */
const fewOctets = 128

/** What a pointer can reach (RFC 1035 section 4.1.4: 14 bits). */
const pointerReach = 0x4000

/** Where in the message header the count of each section is. */
const sections = { answer: 6, authority: 8, additional: 10 } as const

/**
 * Writes one answer behind the header and question of its query. Whole records are added while they fit; the first that
 * does not fit ends the message, and TC tells the client to come back over TCP.
 */
export class MessageWriter {
  readonly #questionName: string
  readonly #zone: string
  readonly #zoneAt: number
  readonly #zoneEnd: number
  readonly #edns: Edns | undefined
  readonly #random: RandomBelow | undefined
  readonly #limit: number
  #length: number
  #truncated = false
  /** Where names that later owners may point to are; made when the first is written. */
  #names: Map<string, number> | undefined

  /**
   * @param query Its first `questionEnd` octets are taken over as they are.
   * @param questionName The name in the question, lower-cased.
   * @param zoneLength Octets of the question's name, from its end, that are the zone's: our names end in that spelling.
   * @param random Shuffles the addresses of each RRset; absent: they stay in their order.
   */
  constructor(
    query: Uint8Array,
    questionEnd: number,
    questionName: string,
    zoneLength: number,
    limit: number,
    edns?: Edns,
    random?: RandomBelow,
  ) {
    this.#questionName = questionName
    // A zone's name has no escapes, so it has one octet more than characters.
    this.#zone = questionName.slice(questionName.length + 1 - zoneLength)
    this.#zoneEnd = questionEnd - 4
    this.#zoneAt = this.#zoneEnd - zoneLength
    this.#edns = edns
    this.#random = random
    this.#limit = limit - ednsLength(edns)
    this.#length = questionEnd
    copyOctets(query, 0, questionEnd, 0)
    for (let at: number = sections.answer; at < headerLength; at++) scratch[at] = 0
  }

  add(section: keyof typeof sections, placed: readonly PlacedRRset[]): void {
    for (const { owner, rrset } of placed) {
      if (this.#truncated) return
      if (rrset.type === recordTypes.SOA) this.#addSoa(sections[section], rrset)
      else if (owner !== this.#questionName || hasTarget(rrset.type) || !this.#addWhole(section, rrset)) {
        this.#addEach(sections[section], owner, rrset)
      }
    }
  }

  /** The finished message, with a copy of RD and CD, and AA if the answer is ours. */
  finish(rcode: number, authoritative: boolean): Uint8Array {
    const flags = scratch[2] ?? 0
    scratch[2] = 0x80 | (authoritative ? 0x04 : 0) | (this.#truncated ? 0x02 : 0) | (flags & 0x01)
    scratch[3] = ((scratch[3] ?? 0) & 0x10) | rcode
    if (this.#edns) {
      this.#length = writeEdns(scratch, this.#length, this.#edns)
      this.#count(sections.additional, 1)
    }
    // From Node's pool: a small array of its own costs more than all the rest of a plain answer.
    const message = Buffer.allocUnsafe(this.#length)
    if (this.#length > fewOctets) message.set(scratch.subarray(0, this.#length))
    else for (let i = 0; i < this.#length; i++) message[i] = scratch[i] ?? 0
    return message
  }

  /** The usual case, in one copy: the owners of all records already point to the question. */
  #addWhole(section: keyof typeof sections, { type, count, wire }: RRset): boolean {
    return this.addWire(section, type, count, wire, 0, wire.length)
  }

  /**
   * Adds `count` records in wire form that are `length` octets at `start`, their owners pointers to the question; false, and
   * nothing done, when they do not all fit.
   */
  addWire(
    section: keyof typeof sections,
    type: number,
    count: number,
    wire: Uint8Array,
    start: number,
    length: number,
  ): boolean {
    const at = this.#length
    if (at + length > this.#limit) return false
    copyOctets(wire, start, length, at)
    if (this.#random && count > 1) shuffleAddresses(scratch, at, type, count, this.#random)
    this.#length = at + length
    this.#count(sections[section], count)
    return true
  }

  /** Records that do not all fit are shuffled as well: over many answers the client gets to know each. */
  #shuffled(rrset: RRset): Uint8Array {
    if (this.#random === undefined) return rrset.wire
    const wire = Uint8Array.from(rrset.wire)
    shuffleAddresses(wire, 0, rrset.type, rrset.count, this.#random)
    return wire
  }

  #addEach(section: number, owner: string, rrset: RRset): void {
    const wire = this.#shuffled(rrset)
    const ownerBytes = this.#compress(owner)
    const targets = hasTarget(rrset.type) ? rrset.data : []
    let at = 0
    for (let i = 0; i < rrset.count; i++) {
      const end = at + recordHead + uint16At(wire, at + recordHead - 2)
      const start = this.#length + ownerBytes.length
      const length = end - at - 2
      if (start + length > this.#limit) {
        this.#truncated = true
        return
      }
      scratch.set(ownerBytes, this.#length)
      scratch.set(wire.subarray(at + 2, end), start)
      this.#length = start + length
      const data = targets[i]
      if (data) this.#noteTarget(data, start + recordHead - 2)
      this.#count(section, 1)
      at = end
    }
  }

  /** Lets later owners point to a target, and spells the zone in targets of ours as the question does. */
  #noteTarget(data: RecordData, at: number): void {
    if (data.type !== 'SRV' && data.type !== 'NS' && data.type !== 'CNAME') return
    const target = data.target.toLowerCase()
    // The target of an ExternalName stays as its Service spells it.
    if (data.type !== 'CNAME' && isWithin(target, this.#zone)) {
      scratch.copyWithin(this.#length - (this.#zoneEnd - this.#zoneAt), this.#zoneAt, this.#zoneEnd)
    }
    this.#names ??= new Map()
    const targetAt = data.type === 'SRV' ? at + 6 : at
    const parentAt = targetAt + 1 + (scratch[targetAt] ?? 0)
    for (const [name, offset] of [
      [target, targetAt],
      [parentName(target), parentAt],
    ] as const) {
      if (offset < pointerReach && !this.#names.has(name)) this.#names.set(name, offset)
    }
  }

  /** An owner in wire form: as many labels as no pointer can stand for, then a pointer. */
  #compress(owner: string): Uint8Array {
    if (owner === this.#questionName) return Uint8Array.of(0xc0, headerLength)
    const name = owner.toLowerCase()
    for (let known = name; known !== '.'; known = parentName(known)) {
      const pointer = this.#names?.get(known)
      if (pointer === undefined) continue
      const labels = nameBytes(name.slice(0, name.length - known.length) || '.') ?? new Uint8Array(1)
      return Uint8Array.of(...labels.subarray(0, -1), 0xc0 | (pointer >> 8), pointer & 255)
    }
    return nameBytes(name) ?? new Uint8Array(1)
  }

  #addSoa(section: number, rrset: RRset): void {
    const end = writeSoa(scratch, this.#length, this.#zoneAt, this.#zoneEnd - this.#zoneAt, rrset)
    if (end > this.#limit) {
      this.#truncated = true
      return
    }
    this.#length = end
    this.#count(section, 1)
  }

  #count(section: number, records: number): void {
    setUint16(scratch, section, uint16At(scratch, section) + records)
  }
}

function copyOctets(from: Uint8Array, start: number, length: number, to: number): void {
  if (length > fewOctets) scratch.set(from.subarray(start, start + length), to)
  else for (let i = 0; i < length; i++) scratch[to + i] = from[start + i] ?? 0
}

/** Whether records of the type name a host, which is spelled as the question or pointed to. */
export function hasTarget(type: number): boolean {
  return type === recordTypes.SRV || type === recordTypes.NS || type === recordTypes.CNAME
}
