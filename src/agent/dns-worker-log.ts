import type { LogLevel, WorkerLine } from './dns-worker-messages.ts'

/** Lines that may wait while the main thread is busy. */
const maxLines = 1000

/** Sends lines to the main thread, the next ones when it has written the last: what waits there is bounded too. */
export class WorkerLog {
  readonly #send: (lines: readonly WorkerLine[]) => void
  #lines: WorkerLine[] = []
  #lost = 0
  #sending = false

  constructor(send: (lines: readonly WorkerLine[]) => void) {
    this.#send = send
  }

  write(level: LogLevel, message: string): void {
    if (this.#lines.length < maxLines) this.#lines.push({ level, message })
    else this.#lost++
    if (!this.#sending) this.#flush()
  }

  /** The main thread has written what it was sent. */
  written(): void {
    this.#sending = false
    if (this.#lines.length > 0) this.#flush()
  }

  #flush(): void {
    const lines = this.#lines
    if (this.#lost > 0) lines.push({ level: 'warn', message: `${this.#lost} lines were lost: too many at a time` })
    this.#lines = []
    this.#lost = 0
    this.#sending = true
    this.#send(lines)
  }
}
