import type { AnswerDns } from './dns-service.ts'

/** Keeps a defect to the one answer that it spoils; it is logged once, since it may come with every query. */
export class DnsGuard {
  readonly #log: (message: string) => void
  #logged = false

  constructor(log: (message: string) => void) {
    this.#log = log
  }

  /** The same, but it never throws and never rejects. */
  guard(answer: AnswerDns): AnswerDns {
    return (query, peer) => {
      try {
        const answered = answer(query, peer)
        return answered instanceof Promise ? answered.catch((error: unknown) => this.defect(error)) : answered
      } catch (error) {
        return this.defect(error)
      }
    }
  }

  defect(error: unknown): undefined {
    if (!this.#logged)
      this.#log(`Cannot answer a DNS query: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    this.#logged = true
  }
}
