import type { Message, MessageRecord } from '../dns/message.ts'
import { nameBytes, readName } from '../dns/name.ts'
import { fieldOffsets, recordFields } from '../dns/record-fields.ts'
import { recordTypes } from '../dns/record-type.ts'

/** What is done to the records of an answer. */
export type AnswerChange =
  /** To the names that they are found under, or to the name in their data. */
  | { readonly part: 'owner' | 'data'; readonly rename: (name: string) => string }
  /** Seconds. */
  | { readonly part: 'ttl'; readonly min: number; readonly max: number }

/** Types with a host in their data, which may be renamed; of an SOA only the server. */
const withHost: ReadonlySet<number> = new Set([
  recordTypes.CNAME,
  recordTypes.DNAME,
  recordTypes.MX,
  recordTypes.NAPTR,
  recordTypes.NS,
  recordTypes.PTR,
  recordTypes.SOA,
  recordTypes.SRV,
])

/** What puts the first name back wherever the answer has the second, or a name below it, in owners and in data. */
export function namesBack(first: string, second: string): readonly AnswerChange[] {
  return renames((name) => {
    const lower = name.toLowerCase()
    if (lower === second) return first
    return lower.endsWith(`.${second}`) ? name.slice(0, -second.length) + first : name
  })
}

/** The same for the end of names, wherever it begins. */
export function suffixBack(first: string, second: string): readonly AnswerChange[] {
  return renames((name) =>
    name.toLowerCase().endsWith(second) ? name.slice(0, name.length - second.length) + first : name,
  )
}

/** The answer with all changes made; undefined when one makes what is no name. The last change comes first, as in CoreDNS. */
export function changeAnswer(message: Message, changes: readonly AnswerChange[]): Message | undefined {
  const inOrder = changes.toReversed()
  const change = (records: readonly MessageRecord[]): readonly MessageRecord[] | undefined => {
    const changed = records.map((record) => inOrder.reduce(changeRecord, record))
    return changed.every((record) => record !== undefined) ? changed : undefined
  }
  const [answers, authority, additional] = [message.answers, message.authority, message.additional].map(change)
  return answers && authority && additional ? { ...message, answers, authority, additional } : undefined
}

function renames(rename: (name: string) => string): readonly AnswerChange[] {
  return [
    { part: 'owner', rename },
    { part: 'data', rename },
  ]
}

function changeRecord(record: MessageRecord | undefined, change: AnswerChange): MessageRecord | undefined {
  if (record === undefined) return undefined
  switch (change.part) {
    case 'ttl':
      return { ...record, ttl: Math.min(Math.max(record.ttl, change.min), change.max) }
    case 'owner': {
      const owner = change.rename(record.owner)
      return nameBytes(owner) && { ...record, owner }
    }
    case 'data':
      return withHost.has(record.type) ? renameHost(record, change.rename) : record
  }
}

/** The host is the first name in the data. */
function renameHost(record: MessageRecord, rename: (name: string) => string): MessageRecord | undefined {
  const { type, class: recordClass, data } = record
  const fields = recordFields(type, recordClass) ?? []
  const start = fieldOffsets(fields, data)?.[fields.indexOf('name')]
  const host = start === undefined ? undefined : readName(data, start)
  if (start === undefined || host === undefined) return record
  const name = rename(host.name)
  if (name === host.name) return record
  const bytes = nameBytes(name)
  return bytes && { ...record, data: Uint8Array.of(...data.subarray(0, start), ...bytes, ...data.subarray(host.end)) }
}
