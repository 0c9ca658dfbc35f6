import type { CacheQuestion } from '../../src/dns/cache-question.ts'
import { cacheQuestion } from '../../src/dns/cache-question.ts'
import type { Message, MessageRecord } from '../../src/dns/message.ts'
import { nameBytes } from '../../src/dns/name.ts'
import { clientQuery } from './client-query.ts'

/** A record as one writes it: `a(60)`, `cname(60)`, ... at `www.example.com.` or where the second argument says. */
export const records = {
  a: (ttl: number, owner = 'www.example.com.'): MessageRecord => ({
    owner,
    type: 1,
    class: 1,
    ttl,
    data: Uint8Array.of(192, 0, 2, 1),
  }),
  cname: (ttl: number, owner = 'www.example.com.'): MessageRecord => ({
    owner,
    type: 5,
    class: 1,
    ttl,
    data: nameBytes('web.example.com.') ?? new Uint8Array(),
  }),
  ns: (ttl: number, owner = 'example.com.'): MessageRecord => ({
    owner,
    type: 2,
    class: 1,
    ttl,
    data: nameBytes('ns.example.com.') ?? new Uint8Array(),
  }),
  /** Its own TTL, and 77 as the TTL of denials, which the cache does not look at. */
  soa: (ttl: number, owner = 'example.com.'): MessageRecord => ({
    owner,
    type: 6,
    class: 1,
    ttl,
    data: Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 77),
  }),
}

/** A reply to the question for A of www.example.com. */
export function replyWith(fields: Partial<Message>): Message {
  return {
    id: 1,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name: 'www.example.com.', type: 1, class: 1 }],
    answers: [],
    authority: [],
    additional: [],
    ...fields,
  }
}

export function question(name = 'www.example.com', type = 'A', view = ''): CacheQuestion {
  const { message, query } = clientQuery(name, type)
  return cacheQuestion(message, query, view)
}
