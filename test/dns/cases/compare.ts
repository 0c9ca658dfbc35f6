import type { DigAnswer } from '../dig.ts'
import type { Case } from './table.ts'

interface Comparable {
  readonly rcode: string
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

/** TTL 303 in a table means any. */
const anyTtl = '303'

/** What a table says, in the form that two answers are compared in. */
export function expected({ rcode, answer, authority, additional }: Case): Comparable {
  return { rcode, answer: sorted(answer), authority: sorted(authority), additional: sorted(additional) }
}

/** What a server says, where the table says any TTL with that. */
export function received(answer: DigAnswer, table: Case): Comparable {
  const any = table.answer.some((record) => record.split(' ')[1] === anyTtl)
  const records = any ? answer.answer.map((record) => record.replace(/ \d+ /, ` ${anyTtl} `)) : answer.answer
  return {
    rcode: answer.status,
    answer: sorted(records),
    authority: sorted(answer.authority),
    additional: sorted(answer.additional),
  }
}

/** Whether an alias stands behind a record of its target, where it is of no use to a client that reads once. */
export function aliasComesLate({ answer }: DigAnswer): boolean {
  const records = answer.map((line) => line.split(' '))
  return records.some(
    ([, , , type, target], i) =>
      type === 'CNAME' && records.slice(0, i).some(([owner, , , other]) => owner === target && other !== 'CNAME'),
  )
}

function sorted(records: readonly string[]): readonly string[] {
  return records.map(shortSoa).sort()
}

/** Of an SOA only owner, TTL and name server count: its serial is a time. */
function shortSoa(record: string): string {
  const [owner, ttl, , type, server] = record.split(' ')
  if (type === 'SOA') return `${owner} ${ttl} SOA ${server}`
  return record
}
