import type { Edns } from './edns.ts'

/**
 * A DNS message as a value. Names are text as in name.ts, absolute, in the spelling of the message: any octet survives.
 * The OPT record is `edns`, and its part of the rcode is in `rcode`.
 */
export interface Message {
  readonly id: number
  /** QR: an answer, not a question. */
  readonly response: boolean
  readonly opcode: number
  /** AA */
  readonly authoritative: boolean
  /** TC */
  readonly truncated: boolean
  /** RD */
  readonly recursionDesired: boolean
  /** RA */
  readonly recursionAvailable: boolean
  /** AD */
  readonly authenticData: boolean
  /** CD */
  readonly checkingDisabled: boolean
  /** 12 bits with EDNS, else 4. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly MessageRecord[]
  readonly authority: readonly MessageRecord[]
  /** Without OPT. */
  readonly additional: readonly MessageRecord[]
  /** Absent without EDNS. Unlike in a `Query`, its options are all that the message has. */
  readonly edns?: Edns
}

export interface Question {
  readonly name: string
  readonly type: number
  readonly class: number
}

export interface MessageRecord {
  readonly owner: string
  readonly type: number
  readonly class: number
  /** Seconds, as in the message: from 2^31 on it means 0 (RFC 2181 section 8). */
  readonly ttl: number
  /** In wire form, with the names of the types in record-fields.ts written out; opaque for all others (RFC 3597). */
  readonly data: Uint8Array
}

/** What is not a DNS message, and why. */
export class MalformedMessage {
  /** `the name at octet 12 points forward` */
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}
