import type { AddressPort } from '../config/address-port.ts'
import { listenDns } from '../host/dns-listener.ts'
import type { DnsLoad } from '../host/dns-load.ts'
import type { DnsListener } from '../host/dns-service.ts'
import type { DnsAnswers } from './dns-answers.ts'

/** Where the thread listens, and what it answers with there. */
interface Open<Change> {
  readonly host: string
  readonly listener: DnsListener
  answers: DnsAnswers<Change>
}

/** The DNS sockets of one thread, all with the same answers, which can be exchanged while they are open. */
export class DnsSockets<Change> {
  readonly #load: DnsLoad
  readonly #log: (message: string) => void
  #open: ReadonlySet<Open<Change>> = new Set()
  #answers: DnsAnswers<Change> | undefined
  readonly #closing = new Set<Promise<void>>()

  constructor(load: DnsLoad, log: (message: string) => void) {
    this.#load = load
    this.#log = log
  }

  get answers(): DnsAnswers<Change> | undefined {
    return this.#answers
  }

  /**
   * Answers at these addresses with these answers, from one query to the next: sockets whose address stays are kept, new ones are
   * opened first, and those that go answer what has come. Returns the port of each address. Rejects with a sentence when one
   * cannot be listened on, and nothing has changed.
   */
  async update(answers: DnsAnswers<Change>, listen: readonly AddressPort[]): Promise<readonly number[]> {
    const before = this.#open
    const open = await this.#openAll(answers, listen)
    for (const one of open) one.answers = answers
    this.#open = new Set(open)
    if (this.#answers !== answers) this.#answers?.close()
    this.#answers = answers
    for (const one of before) if (!this.#open.has(one)) this.#close(one.listener)
    return open.map(({ listener }) => listener.port)
  }

  /** Resolves when the sockets that went are closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#closing)
  }

  /** Resolves when all that has come is answered. */
  async close(): Promise<void> {
    for (const { listener } of this.#open) this.#close(listener)
    this.#open = new Set()
    await Promise.all(this.#closing)
    this.#answers?.close()
  }

  /** Those that are open already, and new ones, in the order of their addresses. */
  async #openAll(answers: DnsAnswers<Change>, listen: readonly AddressPort[]): Promise<readonly Open<Change>[]> {
    const open: Open<Change>[] = []
    try {
      for (const { host, port } of listen) {
        const known = [...this.#open, ...open].find((one) => one.host === host && one.listener.port === port)
        open.push(known ?? (await this.#listen({ host, port }, answers)))
      }
      return open
    } catch (error) {
      for (const one of open) if (!this.#open.has(one)) this.#close(one.listener)
      throw error
    }
  }

  async #listen(address: AddressPort, answers: DnsAnswers<Change>): Promise<Open<Change>> {
    const current = { host: address.host, answers }
    const listener = await listenDns(
      address,
      (query, peer) => current.answers.answer(query, peer),
      this.#log,
      this.#load,
    )
    return Object.assign(current, { listener })
  }

  #close(listener: DnsListener): void {
    const closing = listener.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
