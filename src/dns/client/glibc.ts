import { rcodes } from '../answer.ts'
import type { SearchList } from '../search-list.ts'
import {
  absoluteName,
  dotsIn,
  searchedName,
  unaskedNames,
  type AskServer,
  type ClientLookup,
  type ClientQuery,
  type ClientReply,
  type ClientResult,
  type ClientStep,
} from './client.ts'

/** Rounds over the name servers, of which there is one (`options attempts` in resolv.conf(5)). */
const attempts = 2

/** The longest name that fits into a query, with its final dot (RFC 1035 section 2.3.4). */
const maxName = 254

/** With these the next name server is asked; where each says so, all are asked once more. */
const unusable: ReadonlySet<number> = new Set([rcodes.SERVFAIL, rcodes.NOTIMP, rcodes.REFUSED])

/**
 * What getaddrinfo(3) of glibc 2.36 asks one name server that answers every query, and what comes of it.
 *
 * @param types A and AAAA where any family will do.
 */
export function glibcLookup<Reply extends ClientReply>(
  name: string,
  { search, ndots }: SearchList,
  types: readonly number[],
  ask: AskServer<Reply>,
): ClientLookup<Reply> {
  const [asIs, absolute] = [absoluteName(name), name.endsWith('.')]
  const isFirst = absolute || dotsIn(name) >= ndots
  // A list with the root in it has the name as it is already.
  const isLast = !isFirst && !search.includes('.')
  const listed = absolute ? [] : search.map((element) => searchedName(name, element))
  const first = isFirst ? askInTurn([asIs], types, ask) : []
  const inList = isOver(first) ? [] : askInTurn(listed, types, ask)
  const last = isLast && !isOver(inList) ? askInTurn([asIs], types, ask) : []
  const steps = [...first, ...inList, ...last]
  return { steps, result: resultOf(first, inList, last), unasked: unaskedNames([...listed, asIs], steps) }
}

function isOver(steps: readonly ClientStep<unknown>[]): boolean {
  return steps.at(-1)?.goesOn === 'no'
}

/** The name as it is, where it came first, decides over the list; within the list "no address" over failures. */
function resultOf(
  first: readonly ClientStep<unknown>[],
  inList: readonly ClientStep<unknown>[],
  last: readonly ClientStep<unknown>[],
): ClientResult {
  const end = [...first, ...inList, ...last].at(-1)
  if (end === undefined || end.goesOn === 'no') return end?.result ?? 'no such name'
  if (first[0] !== undefined) return first[0].result
  const seen = new Set(inList.filter(({ goesOn }) => goesOn === 'next').map(({ result }) => result))
  return (['no address', 'temporary failure'] as const).find((result) => seen.has(result)) ?? end.result
}

/** Asks for one name after the other while that leads on to the next. */
function askInTurn<Reply extends ClientReply>(
  names: readonly string[],
  types: readonly number[],
  ask: AskServer<Reply>,
): readonly ClientStep<Reply>[] {
  const steps: ClientStep<Reply>[] = []
  for (const name of names) {
    const step = askName(name, types, ask)
    steps.push(step)
    if (step.goesOn !== 'next') break
  }
  return steps
}

function askName<Reply extends ClientReply>(
  name: string,
  types: readonly number[],
  ask: AskServer<Reply>,
): ClientStep<Reply> {
  if (name.length > maxName) return { name, queries: [], result: 'no such name', goesOn: 'as is' }
  const replies = types.map((type) => ({ type, reply: ask(name, type) }))
  const usable = replies.flatMap(({ reply }) => (unusable.has(reply.rcode) ? [] : [reply]))
  const times = usable.length === 0 ? attempts : 1
  const queries: readonly ClientQuery<Reply>[] = replies.map((query) => ({ ...query, times }))
  return { name, queries, ...(usable.length === 0 ? failed(replies[0]?.reply) : concluded(usable)) }
}

type Conclusion = Pick<ClientStep<unknown>, 'result' | 'goesOn'>

/** The first of two bad replies counts. */
function failed(reply: ClientReply | undefined): Conclusion {
  return { result: 'temporary failure', goesOn: reply?.rcode === rcodes.SERVFAIL ? 'next' : 'as is' }
}

function concluded(replies: readonly ClientReply[]): Conclusion {
  const good = replies.filter(({ rcode }) => rcode === rcodes.NOERROR)
  // An alias without a target ends the search as an address does.
  if (good.some(({ hasData }) => hasData)) return { result: 'found', goesOn: 'no' }
  if (good.some(({ hasAnswers }) => hasAnswers)) return { result: 'no such name', goesOn: 'no' }
  switch (replies.find(({ rcode }) => rcode !== rcodes.NOERROR)?.rcode) {
    case undefined:
      return { result: 'no address', goesOn: 'next' }
    case rcodes.NXDOMAIN:
      return { result: 'no such name', goesOn: 'next' }
    default:
      return { result: 'no such name', goesOn: 'as is' }
  }
}
