import { drainFirst } from '../backends/ipvs/draining.ts'
import { diffServers, serverRemovalLines, serverUpdateLines } from '../backends/ipvs/server-diff.ts'
import { parseSavedServers } from '../backends/ipvs/saved-servers.ts'
import type { StateChange } from '../backends/ipvs/state-change.ts'
import { serverKey, type VirtualServer } from '../backends/ipvs/virtual-server.ts'
import type { Family } from '../net/family.ts'
import type { IpvsTool, RefusedLine } from './ipvs-tool.ts'

/** Lines that a tool or the kernel did not take; the ones before and behind them it may have taken. */
export class LinesRefused extends Error {
  readonly lines: readonly string[]

  constructor(refused: readonly RefusedLine[]) {
    const said = refused.slice(0, 3).map(({ line, message }) => `${message} ("${line}")`)
    const rest = refused.length - said.length
    super(`The kernel did not take ${said.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`)
    this.name = 'LinesRefused'
    this.lines = refused.map(({ line }) => line)
  }
}

type Servers = ReadonlyMap<string, VirtualServer>

/** Writes virtual servers, addresses and sets of one family, and finds out what was not taken. */
export class IpvsWriter {
  readonly #tool: IpvsTool
  readonly #family: Family

  constructor(tool: IpvsTool, family: Family) {
    this.#tool = tool
    this.#family = family
  }

  async sets(lines: readonly string[]): Promise<void> {
    refuse(await this.#tool.changeSets(lines))
  }

  async addresses(lines: readonly string[]): Promise<void> {
    refuse(await this.#tool.changeAddresses(lines))
  }

  /** Adds and changes; the virtual servers that a change is about are then as in `wanted`. */
  async servers({ servers }: StateChange, wanted: Servers): Promise<void> {
    const lines = serverUpdateLines(drainFirst(servers).diff)
    await this.#write(lines, (saved) => serverUpdateLines(drainFirst(diffServers(saved, wanted, () => false)).diff))
  }

  async serversGone({ servers }: StateChange): Promise<void> {
    const { removed } = servers
    const none = { ...servers, added: [], edited: [], addedReals: [], editedReals: [], removedReals: [] }
    await this.#write(serverRemovalLines(servers), (saved) =>
      serverRemovalLines({ ...none, removed: removed.filter((server) => saved.has(serverKey(server))) }),
    )
  }

  /**
   * The tool does not tell which lines it lost.
   *
   * @param left What would still be to do if the kernel had these.
   */
  async #write(lines: readonly string[], left: (saved: Servers) => readonly string[]): Promise<void> {
    const said = await this.#tool.changeServers(lines)
    if (said === '') return
    const saved = parseSavedServers(await this.#tool.saveServers(), this.#family)
    const message = `ipvsadm: ${[...new Set(said.split('\n'))].slice(0, 3).join(', ')}`
    refuse(left(saved).map((line) => ({ line, message })))
  }
}

function refuse(refused: readonly RefusedLine[]): void {
  if (refused.length > 0) throw new LinesRefused(refused)
}
