import { parseConnections, realRemovalLines, realServerKey, type Draining } from '../backends/ipvs/draining.ts'
import type { RealServerOf } from '../backends/ipvs/server-diff.ts'
import { serverKey, serverWords } from '../backends/ipvs/virtual-server.ts'
import type { Family } from '../net/family.ts'
import type { StateLookup } from './ipvs-part.ts'
import type { IpvsTool } from './ipvs-tool.ts'

/** Real servers of one family without weight, which stay in the kernel until their last connection has ended. */
export class DrainingServers {
  readonly #tool: IpvsTool
  readonly #family: Family
  readonly #reals = new Map<string, RealServerOf>()

  constructor(tool: IpvsTool, family: Family) {
    this.#tool = tool
    this.#family = family
  }

  get reals(): Draining {
    return this.#reals
  }

  /** Forgets those that are wanted again, and those whose virtual server goes. */
  follow({ servers }: Pick<StateLookup, 'servers'>): void {
    for (const [key, { server, real }] of this.#reals) {
      const wanted = servers.get(serverKey(server))
      if (wanted === undefined || wanted.realServers.some(({ target }) => target === real.target)) {
        this.#reals.delete(key)
      }
    }
  }

  /** Takes those that have no connections out of the kernel, and keeps the others. They have no weight any more. */
  async add(drained: readonly RealServerOf[]): Promise<void> {
    if (drained.length === 0) return
    const gone = new Set(await this.#removeIdle(drained))
    for (const real of drained) if (!gone.has(real)) this.#reals.set(realServerKey(real), real)
  }

  /** Returns those whose last connection has ended: they are gone. */
  async tick(): Promise<readonly RealServerOf[]> {
    if (this.#reals.size === 0) return []
    const gone = await this.#removeIdle([...this.#reals.values()])
    for (const real of gone) this.#reals.delete(realServerKey(real))
    return gone
  }

  async #removeIdle(reals: readonly RealServerOf[]): Promise<readonly RealServerOf[]> {
    const servers = [...new Set(reals.map(({ server }) => serverWords(server)))]
    const connections = parseConnections(await this.#tool.listConnections(servers), this.#family)
    // Somebody else may have removed one that has no count.
    const idle = reals.filter((real) => (connections.get(realServerKey(real)) ?? 0) === 0)
    const present = idle.filter((real) => connections.has(realServerKey(real)))
    if (present.length > 0) await this.#tool.changeServers(realRemovalLines(present))
    return idle
  }
}
