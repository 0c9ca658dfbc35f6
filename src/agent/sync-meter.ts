import { pauseAfterReading } from './read-pause.ts'
import type { SyncReport } from './sync-report.ts'

/** What the tools of one family are given, how long they take, and when there is time to read the kernel back. */
export class SyncMeter {
  readonly #readPauseMs: number
  #bytes = 0
  #toolMs = 0
  /** The part of it in which tools were given something. */
  #writingMs = 0
  #nextReadAt = 0

  /** @param readPauseMs The least time from one reading back of the kernel to the next. */
  constructor(readPauseMs: number) {
    this.#readPauseMs = readPauseMs
  }

  get isReadDue(): boolean {
    return performance.now() >= this.#nextReadAt
  }

  /** Adds up the time and the bytes of what `work` does. */
  async measure(work: () => Promise<Pick<SyncReport, 'kind' | 'services'>>): Promise<SyncReport> {
    this.#bytes = 0
    this.#toolMs = 0
    this.#writingMs = 0
    const start = performance.now()
    const done = await work()
    const ms = performance.now() - start
    if (done.kind === 'full') {
      this.#nextReadAt = start + ms + pauseAfterReading(ms - this.#writingMs, this.#readPauseMs)
    }
    return { ...done, bytes: this.#bytes, ownMs: ms - this.#toolMs, toolMs: this.#toolMs }
  }

  /** A tool at work. */
  async time<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.#toolMs += performance.now() - start
    }
  }

  /** A tool was given so much. */
  wrote(bytes: number): void {
    this.#bytes += bytes
  }

  /** A tool that is given something. */
  async timeWriting<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#toolMs
    try {
      return await this.time(work)
    } finally {
      this.#writingMs += this.#toolMs - before
    }
  }
}
