/** No question with its options is longer; a larger length prefix is garbage, and waiting for it would only hold memory. */
const maxQuery = 4096

const nothing = new Uint8Array()

/** Cuts what a client sends into its queries (RFC 1035 section 4.2.2), one at a time: more may have come than can be answered now. */
export class DnsQueryReader {
  #octets: Uint8Array = nothing
  #at = 0

  /** Octets that were not taken yet. */
  get length(): number {
    return this.#octets.length - this.#at
  }

  /** Whether what comes next is longer than a query can be. */
  get broken(): boolean {
    return this.length >= 2 && this.#next > maxQuery
  }

  get complete(): boolean {
    return this.length >= 2 && this.length - 2 >= this.#next
  }

  add(chunk: Uint8Array): void {
    if (this.length === 0) this.#octets = chunk
    else this.#octets = concatenate(this.#octets.subarray(this.#at), chunk)
    this.#at = 0
  }

  /** The next query, in memory of its own; undefined until it is complete. */
  take(): Uint8Array | undefined {
    if (!this.complete) return undefined
    const start = this.#at + 2
    this.#at = start + this.#next
    return new Uint8Array(this.#octets.subarray(start, this.#at))
  }

  /** Lets go of the memory of what was taken: a few octets must not hold 64 KiB until the rest of their query comes. */
  trim(): void {
    this.#octets = this.length === 0 ? nothing : new Uint8Array(this.#octets.subarray(this.#at))
    this.#at = 0
  }

  get #next(): number {
    return ((this.#octets[this.#at] ?? 0) << 8) | (this.#octets[this.#at + 1] ?? 0)
  }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}
