/** What of a reply decides how a client goes on. */
export interface ClientReply {
  readonly rcode: number
  /** The answer section has records, be it an alias alone. */
  readonly hasAnswers: boolean
  /** It has records of the type that was asked for. */
  readonly hasData: boolean
}

/** Answers one question of a client; the name is absolute. */
export type AskServer<Reply extends ClientReply> = (name: string, type: number) => Reply

/** One question of a client, and the reply. */
export interface ClientQuery<Reply> {
  readonly type: number
  /** How often it goes out: what a server cannot or will not answer is asked again. */
  readonly times: number
  readonly reply: Reply
}

/** What a program learns from getaddrinfo(3). */
export type ClientResult = 'found' | 'no such name' | 'no address' | 'temporary failure'

/** The questions for one name, which go out together. */
export interface ClientStep<Reply> {
  /** Absolute. */
  readonly name: string
  /** None where the client can make no query of the name. */
  readonly queries: readonly ClientQuery<Reply>[]
  /** What the replies come to, taken alone. */
  readonly result: ClientResult
  /** With the next name of the search list, with the name as it was typed, or not at all. */
  readonly goesOn: 'next' | 'as is' | 'no'
  /** Seconds that it waits in vain; absent when it does not. */
  readonly waits?: number
}

export interface ClientLookup<Reply> {
  readonly steps: readonly ClientStep<Reply>[]
  readonly result: ClientResult
  /** The other names that the search list makes. */
  readonly unasked: readonly string[]
}

/** Queries that leave the client, with those it repeats. */
export function countQueries(steps: readonly ClientStep<unknown>[]): number {
  return steps.flatMap(({ queries }) => queries).reduce((sum, { times }) => sum + times, 0)
}

/** The name as it was typed, made absolute. */
export function absoluteName(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}

/** The name below an element of a search list, where `.` stands for the root. */
export function searchedName(name: string, element: string): string {
  return absoluteName(element === '.' ? name : `${name}.${element}`)
}

export function dotsIn(name: string): number {
  return name.split('.').length - 1
}

/** Those of the names that no step is about, each once. */
export function unaskedNames(names: readonly string[], steps: readonly ClientStep<unknown>[]): readonly string[] {
  return [...new Set(names)].filter((name) => !steps.some((step) => step.name === name))
}
