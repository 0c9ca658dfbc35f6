/** The message behind its length (RFC 1035 section 4.2.2), in one piece so that it leaves in one segment. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(2 + message.length)
  framed[0] = message.length >> 8
  framed[1] = message.length
  framed.set(message, 2)
  return framed
}

/** Cuts a stream into its messages, and holds no more than the one that is coming: 64 KiB. */
export class FrameReader {
  readonly #length = new Uint8Array(2)
  #lengthFilled = 0
  #body = new Uint8Array()
  #bodyFilled = 0

  /** Whether a message has begun to come. */
  get begun(): boolean {
    return this.#lengthFilled > 0
  }

  /** The messages that these octets complete. */
  read(chunk: Uint8Array): readonly Uint8Array[] {
    const messages: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      at = this.#lengthFilled < 2 ? this.#takeLength(chunk, at) : this.#takeBody(chunk, at)
      if (this.#lengthFilled < 2 || this.#bodyFilled < this.#body.length) continue
      messages.push(this.#body)
      this.#lengthFilled = 0
    }
    return messages
  }

  #takeLength(chunk: Uint8Array, at: number): number {
    this.#length[this.#lengthFilled++] = chunk[at] ?? 0
    if (this.#lengthFilled === 2) {
      const [high = 0, low = 0] = this.#length
      this.#body = new Uint8Array((high << 8) | low)
      this.#bodyFilled = 0
    }
    return at + 1
  }

  #takeBody(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + this.#body.length - this.#bodyFilled)
    this.#body.set(part, this.#bodyFilled)
    this.#bodyFilled += part.length
    return at + part.length
  }
}
