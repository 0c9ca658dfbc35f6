/** Where a DNS server listens; a host is an address, not a name. */
export interface DnsAddress {
  readonly host: string
  readonly port: number
}

/** Who asks, and where. */
export interface DnsPeer {
  readonly transport: 'udp' | 'tcp'
  readonly address: string
  readonly port: number
  /** The address that the listener was given, with the port that it has. */
  readonly local: DnsAddress
  /** As many queries wait for their answers as may: a promise would be dropped, so answer at once or not at all. */
  readonly crowded: boolean
}

/** Silence, a message, or (TCP only) the messages of a zone transfer in their order. */
export type DnsAnswer = Uint8Array | Iterable<Uint8Array> | undefined

/**
 * The answer to one message, whose octets are the callee's. Answer at once what can be: a promise costs several times as
 * much. Queries whose answers are promised are answered as those are kept, in whatever order.
 */
export type AnswerDns = (query: Uint8Array, peer: DnsPeer) => DnsAnswer | Promise<DnsAnswer>

export interface DnsListener {
  readonly port: number
  /**
   * Takes no new queries, answers those that have come, and closes: where another process or thread has taken the
   * address over (SO_REUSEPORT), no datagram is lost between the two.
   */
  close(): Promise<void>
}
