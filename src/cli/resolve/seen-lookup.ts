import { countQueries, type ClientLookup, type ClientResult } from '../../dns/client/client.ts'
import type { ForeseenReply } from '../../dns/foreseen-reply.ts'
import { recordLine } from '../../dns/record-line.ts'
import { recordTypeName } from '../../dns/record-type.ts'
import { optional } from '../../model/optional.ts'

/** Rcodes (RFC 1035 section 4.1.1). */
const [serverFailure, nameError] = [2, 3]

/** One question and its answer, as `-o json` prints it. */
export interface SeenQuery {
  readonly name: string
  readonly type: string
  /** How often it is sent. */
  readonly times: number
  /** `NODATA` is a name that exists without such records; `UPSTREAM`: an upstream resolver answers. */
  readonly answer: 'NOERROR' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'UPSTREAM'
  /** Of UPSTREAM: what it is supposed to say; absent where nothing depends on it. */
  readonly supposed?: 'NOERROR' | 'NXDOMAIN'
  /** The name that an upstream resolver is asked for. */
  readonly upstream?: string
  /** Lines of a zone file. */
  readonly records: readonly string[]
}

/** All that a client does with one name, as `-o json` prints it. */
export interface SeenLookup {
  readonly result: ClientResult
  /** How many queries it sends. */
  readonly count: number
  readonly queries: readonly SeenQuery[]
  /** The other names that the search list makes. */
  readonly notAsked: readonly string[]
  /** Those for which it can send no query. */
  readonly noQuery: readonly string[]
  /** Seconds in which it waits in vain. */
  readonly waitsSeconds: number
}

export function seenLookup({ steps, result, unasked }: ClientLookup<ForeseenReply>): SeenLookup {
  return {
    result,
    count: countQueries(steps),
    queries: steps.flatMap(({ name, queries }) =>
      queries.map(({ type, times, reply }) => ({ ...seenQuery(name, type, reply), times, ...supposedAnswer(reply) })),
    ),
    notAsked: unasked,
    noQuery: steps.filter(({ queries }) => queries.length === 0).map(({ name }) => name),
    waitsSeconds: steps.reduce((sum, { waits = 0 }) => sum + waits, 0),
  }
}

/** A question that is sent once. */
export function seenQuery(name: string, type: number, reply: ForeseenReply): SeenQuery {
  const records = reply.message.answers.map(recordLine)
  const answer = isUpstream(reply) ? 'UPSTREAM' : answerOf(reply)
  return { name, type: recordTypeName(type), times: 1, answer, ...optional('upstream', reply.upstream), records }
}

/** An alias that leads outside is an answer of ours; without records there is none. */
function isUpstream({ upstream, message }: ForeseenReply): boolean {
  return upstream !== undefined && message.answers.length === 0
}

function supposedAnswer(reply: ForeseenReply): Pick<SeenQuery, 'supposed'> {
  return isUpstream(reply) ? { supposed: reply.hasData ? 'NOERROR' : 'NXDOMAIN' } : {}
}

/** The zone says no other rcodes to a query for one of its names. */
function answerOf({ rcode, hasData }: ForeseenReply): SeenQuery['answer'] {
  if (rcode === nameError) return 'NXDOMAIN'
  if (rcode === serverFailure) return 'SERVFAIL'
  return hasData ? 'NOERROR' : 'NODATA'
}
