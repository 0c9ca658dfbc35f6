/** What a peer's server says to each connection or datagram. */
export interface Reply {
  readonly name: string
  /** As the server saw it, so after masquerading. */
  readonly clientAddress: string
}

/** How one attempt to reach a server ended; `code` is Node's error code, e.g. `EHOSTUNREACH`. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'refused' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'error'; readonly code: string }

/** What came of many attempts. */
export interface Summary {
  /** Replies by the name of the server that gave them. */
  readonly servers: Record<string, number>
  /** Replies by the client address that the server saw. */
  readonly clients: Record<string, number>
  /** Replies by server, and those of each by the client address that it saw. */
  readonly seenBy: Record<string, Record<string, number>>
  /** Refused at once: a TCP reset or an ICMP "port unreachable". */
  readonly refused: number
  readonly timeouts: number
  /** Every other failure, by error code. */
  readonly errors: Record<string, number>
  /** From the first attempt to the end of the last. */
  readonly milliseconds: number
}

export function summarize(outcomes: readonly Outcome[], milliseconds: number): Summary {
  const replies = outcomes.flatMap((outcome) => (outcome.kind === 'reply' ? outcome.reply : []))
  return {
    servers: countEach(replies.map((reply) => reply.name)),
    clients: countEach(replies.map((reply) => reply.clientAddress)),
    seenBy: Object.fromEntries(
      [...Map.groupBy(replies, (reply) => reply.name)].map(([name, own]) => [
        name,
        countEach(own.map((reply) => reply.clientAddress)),
      ]),
    ),
    refused: outcomes.filter((outcome) => outcome.kind === 'refused').length,
    timeouts: outcomes.filter((outcome) => outcome.kind === 'timeout').length,
    errors: countEach(outcomes.flatMap((outcome) => (outcome.kind === 'error' ? outcome.code : []))),
    milliseconds: Math.round(milliseconds),
  }
}

function countEach(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
