import { optType, selectOptions, type Edns } from './edns.ts'
import { MalformedMessage, type Message, type MessageRecord, type Question } from './message.ts'
import { NameReader } from './name-reader.ts'
import { uint16At, uint32At } from './octets.ts'
import { headerLength } from './query.ts'
import { recordFields, type RecordField } from './record-fields.ts'

/** The least octets of a question (root, type, class) and of a record (root, type, class, TTL, data length). */
const minQuestion = 5
const minRecord = 11

/** Record data with its names written out: at most what came, and two names instead of two pointers. */
const scratch = new Uint8Array(0xffff + 2 * 255)

/**
 * Reads any message, whatever its octets are. Time and memory are bounded by its length, not by what it claims. Octets
 * behind the last record are passed over.
 */
export function decodeMessage(bytes: Uint8Array): Message | MalformedMessage {
  if (bytes.length < headerLength) return new MalformedMessage('it is shorter than a header')
  const [questions, answers, authority, additional] = counts(bytes)
  const least = headerLength + questions * minQuestion + (answers + authority + additional) * minRecord
  if (least > bytes.length) return new MalformedMessage('it is too short for the records that its header counts')
  const reader = new MessageReader(bytes)
  const sections = {
    questions: reader.questions(questions),
    answers: reader.records(answers, false),
    authority: reader.records(authority, false),
    additional: reader.records(additional, true),
  }
  if (reader.fault !== '') return new MalformedMessage(reader.fault)
  const { edns, extendedRcode } = reader
  return { ...header(bytes, extendedRcode), ...sections, ...(edns && { edns }) }
}

function counts(bytes: Uint8Array): readonly [number, number, number, number] {
  return [uint16At(bytes, 4), uint16At(bytes, 6), uint16At(bytes, 8), uint16At(bytes, 10)]
}

function header(
  bytes: Uint8Array,
  extendedRcode: number,
): Omit<Message, 'questions' | 'answers' | 'authority' | 'additional'> {
  const flags = uint16At(bytes, 2)
  return {
    id: uint16At(bytes, 0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: (extendedRcode << 4) | (flags & 15),
  }
}

/** Reads one section after the other; after the first fault it reads nothing more. */
class MessageReader {
  readonly #bytes: Uint8Array
  readonly #names: NameReader
  #at = headerLength
  fault = ''
  edns: Edns | undefined
  extendedRcode = 0

  constructor(bytes: Uint8Array) {
    // A Buffer's slice() is no copy, and would keep the whole message in memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#names = new NameReader(this.#bytes)
  }

  questions(count: number): readonly Question[] {
    const questions: Question[] = []
    while (this.fault === '' && questions.length < count) {
      const name = this.#owner(4)
      if (name === undefined) break
      const type = uint16At(this.#bytes, this.#at)
      questions.push({ name, type, class: uint16At(this.#bytes, this.#at + 2) })
      this.#at += 4
    }
    return questions
  }

  /** The records of a section; an OPT, which only the additional section may have, is kept aside. */
  records(count: number, mayHaveOpt: boolean): readonly MessageRecord[] {
    const records: MessageRecord[] = []
    for (let i = 0; this.fault === '' && i < count; i++) {
      const owner = this.#owner(10)
      if (owner === undefined) break
      const head = this.#at
      const end = head + 10 + uint16At(this.#bytes, head + 8)
      const type = uint16At(this.#bytes, head)
      this.#at = end
      if (end > this.#bytes.length) this.#fail(head, 'has more data than there is')
      else if (type !== optType) this.#addRecord(records, owner, head, end)
      else if (!mayHaveOpt || this.edns !== undefined || owner !== '.') this.#fail(head, 'is an OPT out of place')
      else this.#readOpt(head, end)
    }
    return records
  }

  /** The name here, if `more` octets follow it. */
  #owner(more: number): string | undefined {
    const start = this.#at
    const name = this.#names.text(start)
    if (name === undefined) {
      this.fault = this.#names.fault
      return undefined
    }
    this.#at = this.#names.end
    if (this.#at + more > this.#bytes.length) this.#fail(start, 'is cut')
    return this.fault === '' ? name : undefined
  }

  #addRecord(records: MessageRecord[], owner: string, head: number, end: number): void {
    const [type, recordClass] = [uint16At(this.#bytes, head), uint16At(this.#bytes, head + 2)]
    const fields = recordFields(type, recordClass)
    const data = fields ? this.#writtenOut(fields, head + 10, end) : this.#bytes.slice(head + 10, end)
    records.push({ owner, type, class: recordClass, ttl: uint32At(this.#bytes, head + 4), data })
  }

  /** The data with its names written out; a fault when it is not just these fields. */
  #writtenOut(fields: readonly RecordField[], start: number, end: number): Uint8Array {
    let at = start
    let length = 0
    for (const field of fields) {
      if (field === 'name') {
        length = this.#names.copy(at, scratch, length)
        at = this.#names.end
      } else {
        const size = field === 'rest' ? end - at : field === 'string' ? 1 + (this.#bytes[at] ?? 0) : field
        scratch.set(this.#bytes.subarray(at, at + size), length)
        length += size
        at += size
      }
      if (at > end || this.#names.fault !== '') break
    }
    this.fault = this.#names.fault
    if (this.fault === '' && (at !== end || length > 0xffff)) this.#fail(start, 'has data that is not of its type')
    return scratch.slice(0, length)
  }

  #readOpt(head: number, end: number): void {
    const options = selectOptions(this.#bytes.slice(head + 10, end), () => true)
    if (options === undefined) {
      this.#fail(head, 'is an OPT with an option that is cut')
      return
    }
    this.extendedRcode = this.#bytes[head + 4] ?? 0
    this.edns = {
      udpSize: uint16At(this.#bytes, head + 2),
      version: this.#bytes[head + 5] ?? 0,
      dnssecOk: ((this.#bytes[head + 6] ?? 0) & 0x80) !== 0,
      options,
    }
  }

  #fail(at: number, what: string): void {
    this.fault = `the record at octet ${at} ${what}`
  }
}
