import { ednsLength, writeOpt } from './edns.ts'
import type { Message, MessageRecord, Question } from './message.ts'
import { readName } from './name.ts'
import { NameWriter } from './name-writer.ts'
import { setUint16, setUint32, uint16At } from './octets.ts'
import { headerLength } from './query.ts'
import { compressibleFields } from './record-fields.ts'

/** The largest message that TCP carries. */
const maxMessage = 0xffff

/** Messages are put together here and copied out. A record is written before it is known to fit: owner, head, data. */
const scratch = new Uint8Array(2 * maxMessage + 1024)

/** Where in the header the count of each section is. */
const sectionCounts = { questions: 4, answers: 6, authority: 8, additional: 10 } as const

/**
 * Writes a message, names compressed as far as their spelling and RFC 3597 section 4 allow. Whole records are taken while
 * they fit into `limit` octets; the first that does not sets TC and ends the message. OPT has its place first. Throws a
 * RangeError for what no message can say: a name that is none.
 *
 * @param limit At least 512; header, question and OPT are written whatever it is.
 */
export function encodeMessage(message: Message, limit = maxMessage): Uint8Array {
  const writer = new Encoder(message, Math.min(limit, maxMessage))
  for (const question of message.questions) writer.addQuestion(question)
  writer.addRecords('answers', message.answers)
  writer.addRecords('authority', message.authority)
  writer.addRecords('additional', message.additional)
  return writer.finish()
}

class Encoder {
  readonly #message: Message
  readonly #names = new NameWriter(scratch)
  readonly #limit: number
  #at = headerLength
  #cut = false

  constructor(message: Message, limit: number) {
    this.#message = message
    this.#limit = limit - ednsLength(message.edns)
    scratch.fill(0, 0, headerLength)
  }

  addQuestion(question: Question): void {
    const end = this.#names.write(question.name, this.#at)
    setUint16(scratch, end, question.type)
    setUint16(scratch, end + 2, question.class)
    this.#at = end + 4
    this.#count('questions')
  }

  addRecords(section: keyof typeof sectionCounts, records: readonly MessageRecord[]): void {
    if (this.#cut) return
    for (const record of records) {
      const end = this.#writeRecord(record)
      if (end > this.#limit) {
        this.#cut = true
        return
      }
      this.#at = end
      this.#count(section)
    }
  }

  finish(): Uint8Array {
    const { edns, rcode } = this.#message
    setUint16(scratch, 0, this.#message.id)
    setUint16(scratch, 2, flagsOf(this.#message) | (this.#cut ? 0x0200 : 0))
    if (edns) {
      this.#at = writeOpt(scratch, this.#at, edns, rcode >> 4)
      this.#count('additional')
    }
    return scratch.slice(0, this.#at)
  }

  /** Writes a record behind the others and returns the offset behind it. */
  #writeRecord(record: MessageRecord): number {
    const head = this.#names.write(record.owner, this.#at)
    setUint16(scratch, head, record.type)
    setUint16(scratch, head + 2, record.class)
    setUint32(scratch, head + 4, record.ttl)
    const end = this.#writeData(record, head + 10)
    setUint16(scratch, head + 8, end - head - 10)
    return end
  }

  #writeData({ type, class: recordClass, data }: MessageRecord, start: number): number {
    const fields = compressibleFields(type, recordClass) ?? []
    let at = start
    let read = 0
    for (const field of fields) {
      if (typeof field === 'number') {
        scratch.set(data.subarray(read, read + field), at)
        at += Math.min(field, data.length - read)
        read = Math.min(read + field, data.length)
        continue
      }
      const name = readName(data, read)
      // Data that is not of its type is written as it is.
      if (name === undefined) break
      at = this.#names.write(name.name, at)
      read = name.end
    }
    scratch.set(data.subarray(read), at)
    return at + data.length - read
  }

  #count(section: keyof typeof sectionCounts): void {
    const at = sectionCounts[section]
    setUint16(scratch, at, uint16At(scratch, at) + 1)
  }
}

function flagsOf(message: Message): number {
  return (
    (message.response ? 0x8000 : 0) |
    ((message.opcode & 15) << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.authenticData ? 0x0020 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (message.rcode & 15)
  )
}
