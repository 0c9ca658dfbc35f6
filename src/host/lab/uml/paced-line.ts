import type { Socket } from 'node:net'

/** Less than the 4096 bytes that the guest's terminal holds: one that was full once is never read again (Linux 6.1). */
const window = 3000

/** The serial line of a guest, written no faster than the guest says that it reads. */
export class PacedLine {
  readonly #line: Socket
  readonly #waiting: string[] = []
  #unread = 0

  constructor(line: Socket) {
    this.#line = line
  }

  /** @param text ASCII. */
  write(text: string): void {
    for (let start = 0; start < text.length; start += window) this.#waiting.push(text.slice(start, start + window))
    this.#pass()
  }

  /** The guest has read so many bytes more. */
  read(bytes: number): void {
    this.#unread -= bytes
    this.#pass()
  }

  #pass(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || this.#unread + next.length > window) return
      this.#waiting.shift()
      this.#unread += next.length
      this.#line.write(next)
    }
  }
}
