import { autopath, autopathList } from './autopath.ts'
import { absoluteName, searchedName, type AskServer, type ClientLookup } from './client/client.ts'
import { glibcLookup } from './client/glibc.ts'
import { muslLookup } from './client/musl.ts'
import { clientMessage, foreseeReply, foreseeUpstream, type ForeseenReply } from './foreseen-reply.ts'
import { nameBytes, parentName } from './name.ts'
import { searchList, type SearchList } from './search-list.ts'
import type { Zone } from './zone.ts'

/** What the two C libraries send for one name, and what comes of it. */
export type PodLookup = Readonly<Record<'glibc' | 'musl', ClientLookup<ForeseenReply>>>

export interface PodQuestion {
  readonly name: string
  readonly types: readonly number[]
  readonly list: SearchList
  readonly namespace: string
  /** False for a pod that asks other name servers, which know nothing of the cluster. */
  readonly asksCluster: boolean
}

/** Follows a name as the programs in a pod would, when the zone answers. */
export function podLookup(zone: Zone, question: PodQuestion): PodLookup {
  const upstreamHas = outsideNames(zone, question)
  return lookUp(question, (name, type) =>
    question.asksCluster
      ? foreseeReply(zone, name, type, upstreamHas)
      : foreseeUpstream(clientMessage(name, type), name, upstreamHas),
  )
}

/** The same with autopath, which changes what is said to names below the first element of the search list. */
export async function podLookupWithAutopath(zone: Zone, question: PodQuestion): Promise<PodLookup> {
  const { name, types, list } = question
  const upstreamHas = outsideNames(zone, question)
  const replies = new Map<string, ForeseenReply>()
  for (const candidate of namesFor(name, list.search)) {
    for (const type of types) {
      const ask = (asked: string): ForeseenReply => foreseeReply(zone, asked, type, upstreamHas)
      replies.set(`${candidate} ${type}`, await replyWithAutopath(list.search, candidate, type, ask))
    }
  }
  return lookUp(
    question,
    (asked, type) => replies.get(`${asked} ${type}`) ?? foreseeReply(zone, asked, type, upstreamHas),
  )
}

async function replyWithAutopath(
  search: readonly string[],
  name: string,
  type: number,
  ask: (name: string) => ForeseenReply,
): Promise<ForeseenReply> {
  let last: ForeseenReply | undefined
  const result = await autopath(autopathList(search), name, type, (asked) => {
    last = ask(asked)
    return last.message
  })
  // A hit is the last reply, under the name of the question.
  return result?.hit === true && last !== undefined ? { ...last, message: result.reply } : ask(name)
}

function lookUp({ name, list, types }: PodQuestion, ask: AskServer<ForeseenReply>): PodLookup {
  return { glibc: glibcLookup(name, list, types, ask), musl: muslLookup(name, list, types, ask) }
}

/**
 * Which names resolvers outside are taken to have: the name as it was typed, when it has a dot and is not meant for the
 * cluster. Who asks for `cart.shop` where there is a namespace `shop` wants a Service in it, though it be missing.
 */
function outsideNames(zone: Zone, { name, namespace }: PodQuestion): (name: string) => boolean {
  const typed = absoluteName(name)
  const names = namesFor(name.replace(/\.$/, ''), searchList({ namespace }, zone.options.domain).search)
  const isOfCluster = names.some((candidate) => zone.exists(parentName(candidate.toLowerCase())))
  return (asked) => asked === typed && /[^.]\.[^.]/.test(typed) && !isOfCluster
}

/** All names that a client may ask for; those that are too long it cannot. */
function namesFor(name: string, search: readonly string[]): readonly string[] {
  const names = [absoluteName(name), ...search.map((element) => searchedName(name, element))]
  return names.filter((candidate) => nameBytes(candidate) !== undefined)
}
