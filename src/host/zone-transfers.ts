/** What writes a message; false when no more can be taken for now. */
type Write = (message: Uint8Array) => boolean

/** The zone transfers of one connection, one after the other, each made no faster than the client takes it. */
export class ZoneTransfers {
  readonly #write: Write
  readonly #ended: (error?: unknown) => void
  readonly #transfers: Iterator<Uint8Array>[] = []
  #next: NodeJS.Immediate | undefined
  #closed = false

  /** @param ended Called at the end of each transfer, with the error of one that could not be completed. */
  constructor(write: Write, ended: (error?: unknown) => void) {
    this.#write = write
    this.#ended = ended
  }

  add(messages: Iterable<Uint8Array>): void {
    this.#transfers.push(messages[Symbol.iterator]())
    this.resume()
  }

  /** To be called when the client has taken what it had. */
  resume(): void {
    // One message a turn: a large zone must not keep others waiting.
    if (this.#transfers.length > 0 && !this.#closed) this.#next ??= setImmediate(() => this.#step())
  }

  close(): void {
    this.#closed = true
    clearImmediate(this.#next)
    for (const transfer of this.#transfers.splice(0)) {
      try {
        transfer.return?.()
      } catch (error) {
        this.#ended(error)
      }
    }
  }

  #step(): void {
    this.#next = undefined
    const [transfer] = this.#transfers
    if (!transfer) return
    try {
      const { done, value } = transfer.next()
      if (done === true) {
        this.#transfers.shift()
        this.#ended()
        this.resume()
      } else if (this.#write(value)) this.resume()
    } catch (error) {
      this.#transfers.shift()
      this.#ended(error)
    }
  }
}
