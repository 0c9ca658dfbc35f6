import { rcodes } from '../answer.ts'
import { optional } from '../../model/optional.ts'
import { isAddress } from '../apex.ts'
import type { SearchList } from '../search-list.ts'
import {
  absoluteName,
  dotsIn,
  searchedName,
  unaskedNames,
  type AskServer,
  type ClientLookup,
  type ClientReply,
  type ClientResult,
  type ClientStep,
} from './client.ts'

/** Rounds in which what has no answer yet is asked (`options attempts` in resolv.conf(5)). */
const attempts = 2
/** Seconds that all rounds take together (`options timeout`). */
const timeout = 5

/** Lines of resolv.conf are read into 256 octets, and one that does not fit is passed over: `search `, this much, its end. */
const maxSearchLine = 247

/** Without the final dot: names that fit into a query, and those that are tried at all. */
const [maxName, maxTried] = [253, 255]

/**
 * What getaddrinfo(3) of musl 1.2.3 asks one name server that answers every query, and what comes of it. A name with
 * enough dots is never searched for, and the first answer that is not NXDOMAIN ends the search.
 *
 * @param types A and AAAA where any family will do. Any other is asked with res_search(3), which here does not search.
 */
export function muslLookup<Reply extends ClientReply>(
  name: string,
  { search, ndots }: SearchList,
  types: readonly number[],
  ask: AskServer<Reply>,
): ClientLookup<Reply> {
  const asIs = absoluteName(name)
  const elements = name.endsWith('.') ? [] : search.map((element) => listed(name, element))
  const searches = dotsIn(name) < ndots && types.every(isAddress) && search.join(' ').length <= maxSearchLine
  const order = [...(searches ? elements : []), asIs]
  const steps: ClientStep<Reply>[] = []
  for (const candidate of order) {
    if (candidate.length > maxTried + 1) continue
    const step = askName(candidate, types, ask)
    steps.push(step)
    if (step.goesOn === 'no') break
  }
  const result = steps.at(-1)?.result ?? 'no such name'
  return { steps, result, unasked: unaskedNames([...elements, asIs], steps) }
}

/** With the root as element it makes a name of two dots at the end. */
function listed(name: string, element: string): string {
  return element === '.' ? `${name}..` : searchedName(name, element)
}

function askName<Reply extends ClientReply>(
  name: string,
  types: readonly number[],
  ask: AskServer<Reply>,
): ClientStep<Reply> {
  if (name.length > maxName + 1) return { name, queries: [], result: 'no such name', goesOn: 'no' }
  // Its query cannot be read: no server has an answer to it.
  if (name.endsWith('..')) return { name, queries: [], result: 'temporary failure', goesOn: 'no', waits: timeout }
  const replies = types.map((type) => ({ type, reply: ask(name, type) }))
  const repeated = replies.filter(({ reply }) => reply.rcode === rcodes.SERVFAIL).length
  const queries = replies.map((query) => ({ ...query, times: timesAsked(query.reply, repeated, types.length) }))
  const waits = replies.some(({ reply }) => isNoAnswer(reply)) ? timeout : undefined
  const result = resultOf(replies.map(({ reply }) => reply))
  return { name, queries, result, goesOn: result === 'no such name' ? 'next' : 'no', ...optional('waits', waits) }
}

/** Only these two end the wait for a reply; REFUSED is as good as silence. */
function isNoAnswer({ rcode }: ClientReply): boolean {
  return rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN
}

/** In each round twice as many SERVFAIL as there are questions are answered by asking again at once. */
function timesAsked(reply: ClientReply, repeated: number, questions: number): number {
  if (!isNoAnswer(reply)) return 1
  return attempts * (reply.rcode === rcodes.SERVFAIL ? 1 + (2 * questions) / repeated : 1)
}

/** The first reply that is missing or denies the name decides. */
function resultOf(replies: readonly ClientReply[]): ClientResult {
  const bad = replies.find(({ rcode }) => rcode !== rcodes.NOERROR)
  if (bad !== undefined) return bad.rcode === rcodes.NXDOMAIN ? 'no such name' : 'temporary failure'
  return replies.some(({ hasData }) => hasData) ? 'found' : 'no address'
}
