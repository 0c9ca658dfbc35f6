import { drainFirst, withDraining } from '../backends/ipvs/draining.ts'
import { serverUpdateLines } from '../backends/ipvs/server-diff.ts'
import { changeState, type StateChange } from '../backends/ipvs/state-change.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import { serverKey, type VirtualServer } from '../backends/ipvs/virtual-server.ts'
import { cidrContains, type Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import { DrainingServers } from './draining-servers.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { HeldState, partOf, type StateKeys } from './ipvs-part.ts'
import { readIpvsState, type FoundState } from './ipvs-reading.ts'
import { IpvsRules } from './ipvs-rules.ts'
import type { IpvsRuleset } from './ipvs-ruleset.ts'
import { IpvsShares } from './ipvs-shares.ts'
import type { IpvsTool } from './ipvs-tool.ts'
import { IpvsWriter } from './ipvs-writer.ts'
import { MeteredIpvsTool } from './metered-ipvs-tool.ts'
import type { SyncMeter } from './sync-meter.ts'

/** How one family of IPVS mode reaches the kernel. */
export interface IpvsTools {
  readonly family: Family
  readonly ipvs: IpvsTool
  readonly iptables: IptablesTool
  /** Virtual servers in here are never removed. */
  readonly excluded: readonly Cidr[]
}

/** One family's virtual servers, addresses, sets and rules in the kernel, and what services want there. */
export class IpvsKernel {
  readonly shares = new IpvsShares()
  readonly rules: IpvsRules
  readonly #tools: IpvsTools
  readonly #tool: MeteredIpvsTool
  readonly #writer: IpvsWriter
  readonly #draining: DrainingServers
  /** Keys of virtual servers that this process has written. */
  readonly #written = new Set<string>()
  #held: HeldState | undefined

  constructor(ruleset: IpvsRuleset, tools: IpvsTools, meter: SyncMeter) {
    this.#tools = tools
    this.#tool = new MeteredIpvsTool(tools.ipvs, meter)
    this.#writer = new IpvsWriter(this.#tool, tools.family)
    this.#draining = new DrainingServers(this.#tool, tools.family)
    this.rules = new IpvsRules(ruleset, tools.iptables, meter)
  }

  /** What it held when it was last known; undefined until it was. */
  get held(): IpvsState | undefined {
    return this.#held
  }

  /** Reads everything but rules. */
  async read(): Promise<FoundState> {
    await this.#tool.ensureInterface()
    const found = await readIpvsState(this.#tool, this.#tools.family)
    this.#held ??= new HeldState(found)
    return found
  }

  /** Removes real servers whose last connection has ended. */
  async removeDrained(): Promise<void> {
    this.#held?.drop(await this.#draining.tick())
  }

  /** How many lines it would take to make what was found right. */
  countWrong(found: FoundState): number {
    const { servers, ...others } = this.#changeFrom(found, this.shares.state, found.isRecorded)
    return serverUpdateLines(servers).length + Object.values(others).flat().length
  }

  /**
   * Makes everything right; throws LinesRefused where something is not taken.
   *
   * @param takesOver Whether rules of iptables mode translate until ours stand, which is then the last that happens.
   */
  async writeAll(found: FoundState, takesOver: boolean): Promise<void> {
    this.#held = new HeldState(await this.#write(found, this.shares.state, takesOver, found.isRecorded))
  }

  /** Makes the parts of these names right, in a kernel that is as it was last known; throws as {@link writeAll}. */
  async writePart(keys: StateKeys): Promise<void> {
    const held = this.#held
    if (held === undefined) throw new Error('Nobody knows yet what the kernel holds')
    held.replace(keys, await this.#write(partOf(held, keys), partOf(this.shares, keys), false, () => false))
  }

  /** Returns what the kernel holds then: what is wanted, and what drains. */
  async #write(
    before: IpvsState,
    wanted: IpvsState,
    takesOver: boolean,
    isRecorded: FoundState['isRecorded'],
  ): Promise<IpvsState> {
    const change = this.#changeFrom(before, wanted, isRecorded)
    const { drained } = drainFirst(change.servers)
    const servers = withDraining(wanted.servers, this.#draining.reals)
    await this.#writer.sets(change.setsAhead)
    if (!takesOver) await this.rules.widen(this.shares)
    for (const key of servers.keys()) this.#written.add(key)
    await this.#writer.servers(change, servers)
    await this.#writer.sets(change.opened)
    await this.#writer.addresses(change.bound)
    if (takesOver) await this.rules.widen(this.shares)
    await this.#draining.add(drained)
    await this.#writer.sets(change.closed)
    await this.#writer.serversGone(change)
    for (const server of change.servers.removed) this.#written.delete(serverKey(server))
    await this.rules.settle(this.shares)
    await this.#writer.sets(change.setsBehind)
    await this.#writer.addresses(change.unbound)
    return { ...wanted, servers: withDraining(wanted.servers, this.#draining.reals) }
  }

  #changeFrom(
    before: IpvsState,
    { addresses, sets, servers }: IpvsState,
    isRecorded: FoundState['isRecorded'],
  ): StateChange {
    this.#draining.follow(this.shares)
    const wanted = { addresses, sets, servers: withDraining(servers, this.#draining.reals) }
    return changeState(before, wanted, {
      family: this.#tools.family,
      isBound: (address) => [before, this.#held, this.shares].some((state) => state?.addresses.has(address)),
      isOurs: (server) => (this.#written.has(serverKey(server)) || isRecorded(server)) && !this.#isExcluded(server),
    })
  }

  #isExcluded({ address }: VirtualServer): boolean {
    return this.#tools.excluded.some((network) => cidrContains(network, address))
  }
}
