import { diffAddresses } from '../backends/ipvs/address-diff.ts'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import { parseConnections } from '../backends/ipvs/draining.ts'
import { kernelSetName } from '../backends/ipvs/ip-set.ts'
import { parseSavedSets } from '../backends/ipvs/saved-sets.ts'
import { leave } from '../backends/ipvs/leaving.ts'
import type { VirtualServer } from '../backends/ipvs/virtual-server.ts'
import { CommandError } from '../host/command.ts'
import { cidrContains, type Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { RemovalReport } from './family-backend.ts'
import { readIpvsState } from './ipvs-reading.ts'
import type { IpvsTool } from './ipvs-tool.ts'

/** What IPVS mode has left of one family, but for its rules, and how it goes. */
export class IpvsLeftovers {
  readonly #tool: IpvsTool
  readonly #family: Family
  readonly #excluded: readonly Cidr[]

  /** @param excluded Virtual servers in here are never removed. */
  constructor(tool: IpvsTool, family: Family, excluded: readonly Cidr[]) {
    this.#tool = tool
    this.#family = family
    this.#excluded = excluded
  }

  /**
   * Takes away what has no connections, and keeps new ones from the rest; virtual servers stay, with their addresses, until
   * their last connection has ended. To be called again until it is complete.
   */
  async drain(): Promise<RemovalReport> {
    return this.#remove(parseConnections(await this.#tool.listConnections(), this.#family))
  }

  /** Takes everything away at once, with the connections that there are. */
  async removeServers(): Promise<RemovalReport> {
    return this.#remove(new Map())
  }

  /** What rules ask about: to be called when there are none. Returns whether there was any. */
  async removeSets(): Promise<boolean> {
    const sets = parseSavedSets(await this.#saveSets(), this.#family)
    const lines = [...sets.keys()].map((set) => `destroy ${kernelSetName(set, this.#family)}`)
    if (lines.length === 0) return false
    const [refused] = await this.#tool.changeSets(lines)
    if (refused !== undefined) throw new Error(`Cannot remove a set: ${refused.message} ("${refused.line}")`)
    return true
  }

  async #remove(connections: ReadonlyMap<string, number>): Promise<RemovalReport> {
    const { servers, addresses, isRecorded } = await readIpvsState(this.#tool, this.#family)
    const ours = [...servers.values()].filter((server) => isRecorded(server) && !this.#isExcluded(server))
    const { lines, staying } = leave(ours, connections)
    const said = lines.length === 0 ? '' : await this.#tool.changeServers(lines)
    if (said !== '') throw new Error(`ipvsadm did not remove every virtual server: ${said.split('\n')[0] ?? ''}`)
    const needed = new Set(staying.map(({ address }) => address))
    const unneeded = new Set([...addresses].filter((address) => !needed.has(address)))
    const [refused] = await this.#tool.changeAddresses(diffAddresses(unneeded, new Set()).removals)
    if (refused !== undefined) throw new Error(`Cannot remove an address: ${refused.message} ("${refused.line}")`)
    const gone = ours.length - staying.length
    return {
      removed: [
        ...(gone > 0 ? [`${gone} virtual servers`] : []),
        ...(unneeded.size > 0 ? [`${unneeded.size} addresses of ${ipvsInterface}`] : []),
      ],
      complete: staying.length === 0,
    }
  }

  /** Without the tool, or a kernel that has sets, there are none of ours. */
  #saveSets(): Promise<string> {
    return this.#tool.saveSets().catch((error: unknown) => {
      if (
        error instanceof CommandError &&
        (error.missing || /Kernel support protocol|Cannot open session/.test(error.stderr))
      )
        return ''
      throw error
    })
  }

  #isExcluded({ address }: VirtualServer): boolean {
    return this.#excluded.some((network) => cidrContains(network, address))
  }
}
