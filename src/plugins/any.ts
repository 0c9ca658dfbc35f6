import type { MessageRecord } from '../dns/message.ts'
import { parseRecordText } from '../dns/record-text.ts'
import { recordTypes } from '../dns/record-type.ts'
import { answerMessage } from './answer-message.ts'
import type { Handler } from './handler.ts'

/** Answers ANY with one record that says it is not answered (RFC 8482), whatever the name. */
export function any(next: Handler): Handler {
  const record = refusal()
  return (request) => {
    const { name, type } = request.query
    if (type !== recordTypes.ANY) return next(request)
    return { kind: 'message', message: answerMessage(request, { answers: [{ ...record, owner: name }] }), by: 'any' }
  }
}

function refusal(): MessageRecord {
  const record = parseRecordText('. 8482 IN HINFO "ANY obsoleted" "See RFC 8482"')
  if (typeof record === 'string') throw new Error(record)
  return record
}
