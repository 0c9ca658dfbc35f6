import { encodeMessage } from './message-encoder.ts'
import type { Message, MessageRecord } from './message.ts'
import { nameBytes } from './name.ts'
import { setUint32 } from './octets.ts'
import { recordTypes } from './record-type.ts'
import type { PlacedRRset } from './resolution.ts'
import { dataBytes, soaTimes, type ResourceRecord } from './resource-record.ts'

/** What a message has of records, before names are compressed; a message over TCP has 65,535 octets at most. */
const maxRecords = 63_000

const internet = 1

/** The messages that carry these RRsets, one after the other, each made when it is taken (RFC 5936 section 2.2). */
export function* transferMessages(head: Message, rrsets: Iterable<PlacedRRset>): Generator<Uint8Array> {
  // One OPT is enough (RFC 5936 section 2.2.5).
  const { edns: _, ...following } = head
  let next = head
  let answers: MessageRecord[] = []
  let size = 0
  for (const record of recordsOf(rrsets)) {
    const length = record.owner.length + 12 + record.data.length
    if (size + length > maxRecords) {
      yield encodeMessage({ ...next, answers })
      next = following
      answers = []
      size = 0
    }
    answers.push(record)
    size += length
  }
  yield encodeMessage({ ...next, answers })
}

function* recordsOf(rrsets: Iterable<PlacedRRset>): Generator<MessageRecord> {
  for (const { owner, rrset } of rrsets) for (const record of rrset.records(owner)) yield messageRecord(record)
}

function messageRecord({ owner, ttl, data }: ResourceRecord): MessageRecord {
  const bytes = data.type === 'SOA' ? soaBytes(data) : dataBytes(data)
  return { owner, type: recordTypes[data.type], class: internet, ttl, data: bytes }
}

function soaBytes({
  nameServer,
  mailbox,
  serial,
  minimum,
}: Extract<ResourceRecord['data'], { type: 'SOA' }>): Uint8Array {
  const names = [nameServer, mailbox].flatMap((name) => [...(nameBytes(name) ?? [0])])
  const bytes = new Uint8Array(names.length + 20)
  bytes.set(names)
  for (const [i, number] of [serial, ...soaTimes, minimum].entries()) setUint32(bytes, names.length + 4 * i, number)
  return bytes
}
