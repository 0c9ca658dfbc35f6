import { rcodes } from './answer.ts'
import type { Message, MessageRecord } from './message.ts'
import { isWithin, nameBytes, spelledName } from './name.ts'
import { recordTypes } from './record-type.ts'

/** The rest of the chain: cache, cluster zone, upstream servers. The name is absolute. */
type AskChain = (name: string) => Message | Promise<Message>

export interface AutopathReply {
  readonly reply: Message
  /** Some name of the list, be it the first, was not denied (the metric `coredns_autopath_success_total`). */
  readonly hit: boolean
}

/**
 * Answers the first name of a client's search list with what the list comes to, so that the client need not ask for the
 * others. Undefined where the question is not below the first element: it is then answered as any other. A name that is
 * written out below it, with a dot at its end, looks the same, and is searched for too.
 *
 * NXDOMAIN alone leads to the next name, which no type decides: A and AAAA of a name come from one element. Every other reply
 * makes the client do what it would do at that name: search on by itself, try again, or give up.
 *
 * @param list From `autopathList`; empty for a client of which none is known.
 */
export async function autopath(
  list: readonly string[],
  name: string,
  type: number,
  ask: AskChain,
): Promise<AutopathReply | undefined> {
  let first: Message | undefined
  for (const candidate of expandedNames(list, name, type)) {
    const reply = await ask(candidate)
    if (reply.rcode !== rcodes.NXDOMAIN) return { reply: renamed(reply, name, candidate), hit: true }
    first ??= reply
  }
  // The client goes through its list by itself.
  return first && { reply: first, hit: false }
}

/**
 * A search list as autopath follows it: absolute lower-case names, and the root last, for the name as it was typed.
 * What is no name is left out.
 */
export function autopathList(search: readonly string[]): readonly string[] {
  const names = search.flatMap((element) => spelledName(element)?.toLowerCase() ?? [])
  return [...new Set([...names, '.'])]
}

/** The names to ask for, in order, the question itself first; none where it is not below the first element. */
export function expandedNames(list: readonly string[], name: string, type: number): readonly string[] {
  const [first = '.'] = list
  if (first === '.' || !isWithin(name.toLowerCase(), first) || name.length === first.length) return []
  if (type === recordTypes.AXFR || type === recordTypes.IXFR) return []
  const base = name.slice(0, -first.length)
  const names = [name, ...list.slice(1).map((element) => (element === '.' ? base : `${base}${element}`))]
  // The client does not ask for what is too long either.
  return names.filter((candidate) => nameBytes(candidate) !== undefined)
}

/** The reply as one to the question: it says first that the name is an alias of the one that was found. */
export function renamed(reply: Message, name: string, candidate: string): Message {
  if (candidate === name) return reply
  const questions = reply.questions.map((question) => ({ ...question, name }))
  const alias = aliasFor(reply.answers, name, candidate)
  if (alias === undefined) return { ...reply, questions }
  // Nobody has signed the alias.
  return { ...reply, questions, answers: [alias, ...reply.answers], authenticData: false }
}

function aliasFor(answers: readonly MessageRecord[], name: string, candidate: string): MessageRecord | undefined {
  const own = candidate.toLowerCase()
  const record = answers.find(({ owner }) => owner.toLowerCase() === own) ?? answers[0]
  const data = record && nameBytes(record.owner)
  return data && { owner: name, type: recordTypes.CNAME, class: record.class, ttl: record.ttl, data }
}
