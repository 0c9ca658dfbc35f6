import { askServer } from './forward-attempt.ts'
import { ForwardHealth } from './forward-health.ts'
import type { ForwardOptions } from './forward-options.ts'
import { serverOrder, serversToAsk } from './forward-plan.ts'
import type { ForwardQuery } from './forward-query.ts'
import type { ForwardEnvironment, ForwardTarget } from './forward-target.ts'
import type { Message } from './message.ts'
import { SharedExchanges } from './shared-exchanges.ts'

export type ForwardResult =
  | { readonly kind: 'reply'; readonly reply: Message }
  /** A reply that the block hands to the next forward block; the client gets it where there is none. */
  | { readonly kind: 'next'; readonly reply: Message }
  /** Too many are under way; the client gets REFUSED. */
  | { readonly kind: 'refused' }
  /** No server answered; the client gets SERVFAIL, and the log this sentence. */
  | { readonly kind: 'failed'; readonly reason: string }

/** One query may take so long over all servers that are asked. */
const queryMs = 5000

/** Servers that all refuse at once are asked again after so long, not as fast as the processor can. */
const pauseMs = 100

/** One forward block: chooses servers, asks them, and knows which of them are there. */
export class Forwarder {
  readonly #servers: readonly { readonly target: ForwardTarget; readonly health: ForwardHealth }[]
  readonly #options: ForwardOptions
  readonly #environment: ForwardEnvironment
  readonly #shared = new SharedExchanges<ForwardResult>()
  #concurrent = 0
  #turn = 0

  /** Throws when the name for health checks is none. */
  constructor(targets: readonly ForwardTarget[], options: ForwardOptions, environment: ForwardEnvironment) {
    this.#servers = targets.map((target) => ({ target, health: new ForwardHealth(target, options, environment) }))
    this.#options = options
    this.#environment = environment
  }

  /** Asks for a client that came over this transport. Never rejects. */
  async forward(query: ForwardQuery, clientTransport: 'udp' | 'tcp'): Promise<ForwardResult> {
    const { maxConcurrent = Number.POSITIVE_INFINITY } = this.#options
    if (this.#concurrent >= maxConcurrent) return this.#refuse()
    const transport = this.#transport(clientTransport)
    this.#concurrent++
    try {
      const shared = this.#shared.join(query.question, `${transport},${query.variant}`, () =>
        this.#ask(query, transport),
      )
      return shared ? await shared : this.#refuse()
    } finally {
      this.#concurrent--
    }
  }

  /** Ends the health checks; queries under way end by themselves. */
  close(): void {
    for (const { health } of this.#servers) health.close()
  }

  async #ask(query: ForwardQuery, transport: 'udp' | 'tcp'): Promise<ForwardResult> {
    const { failover, maxConnectAttempts = 2 * this.#servers.length } = this.#options
    const deadline = this.#environment.now() + queryMs
    let result: ForwardResult = { kind: 'failed', reason: 'Cannot forward a query: all servers are down' }
    let replies = 0
    let failures = 0
    for (const place of this.#serversToAsk()) {
      const left = deadline - this.#environment.now()
      const server = this.#servers[place]
      if (left <= 0 || !server) break
      const reply = await askServer(server.target, query, transport, left, this.#options, this.#environment)
      if (typeof reply === 'string') {
        server.health.check()
        // A reply that asks for another server is better than none.
        if (replies === 0) result = { kind: 'failed', reason: reply }
        if (++failures === maxConnectAttempts) break
        if (failures % this.#servers.length === 0) await this.#pause()
      } else {
        result = this.#resultOf(reply)
        if (!failover.includes(reply.rcode) || ++replies === this.#servers.length) break
      }
    }
    return result
  }

  #serversToAsk(): Iterable<number> {
    const { policy, failfast } = this.#options
    const { random, observe } = this.#environment
    const count = this.#servers.length
    const order = serverOrder(policy, count, this.#turn++, random)
    const isDown = (place: number): boolean => this.#servers[place]?.health.down ?? true
    return serversToAsk(order, isDown, () => {
      observe({ kind: 'all-down' })
      // It may be the checks alone that do not come through.
      return failfast ? [] : serverOrder('random', count, 0, random)
    })
  }

  #transport(client: 'udp' | 'tcp'): 'udp' | 'tcp' {
    switch (this.#options.transport) {
      case 'client':
        return client
      case 'tcp':
        return 'tcp'
      case 'prefer_udp':
        return 'udp'
    }
  }

  #resultOf(reply: Message): ForwardResult {
    const { next, nextOnNodata } = this.#options
    const nodata = reply.rcode === 0 && reply.answers.length === 0
    return { kind: next.includes(reply.rcode) || (nodata && nextOnNodata) ? 'next' : 'reply', reply }
  }

  #refuse(): ForwardResult {
    this.#environment.observe({ kind: 'refused' })
    return { kind: 'refused' }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#environment.after(pauseMs, resolve)
    })
  }
}
