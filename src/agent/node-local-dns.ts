import { errorText } from '../host/error-text.ts'
import type { Link } from '../host/link.ts'
import type { Log } from '../host/log.ts'
import { isTaken } from '../host/taken-port.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Address } from '../net/address.ts'
import { nodeLocalAddresses } from '../plan/node-local-dns.ts'
import type { NodeLocalLink } from './node-local-link.ts'
import type { NodeLocalListeners } from './node-local-listeners.ts'
import type { NodeLocalRules } from './node-local-rules.ts'

export interface NodeLocalDnsOptions {
  readonly link: NodeLocalLink
  /** Chosen when they are first needed; rejects with a sentence when this node has no tool for them. */
  readonly rules: () => Promise<NodeLocalRules>
  /** Absent: the link-local address and the cluster DNS addresses. */
  readonly addresses?: readonly Address[]
  /** Changes are printed, not made. */
  readonly dryRun: boolean
}

/** How soon is looked again at what a process before us may take away as it ends. */
const afterTakingOverMs = 1000

/**
 * Answers the cluster DNS addresses on this node. Queries are kept on the node by rules, and these stand only for
 * addresses that are answered here: rules come last and go first. Whatever fails is said in one sentence, and the
 * queries go where they went before.
 */
export class NodeLocalDns {
  readonly #options: NodeLocalDnsOptions
  readonly #listeners: NodeLocalListeners
  readonly #log: Log
  readonly #lookAgain: () => void
  #rules: NodeLocalRules | undefined
  #tried: readonly Address[] | undefined
  #answered: readonly Address[] = []
  #problems: readonly string[] = []
  #taken = false
  #passed = false
  #again: NodeJS.Timeout | undefined

  /** @param lookAgain Asks for an {@link apply} with a check. */
  constructor(options: NodeLocalDnsOptions, listeners: NodeLocalListeners, log: Log, lookAgain: () => void) {
    this.#options = options
    this.#listeners = listeners
    this.#log = log
    this.#lookAgain = lookAgain
  }

  addresses(state: Pick<ClusterState, 'services'>): readonly Address[] {
    return this.#options.addresses ?? nodeLocalAddresses(state)
  }

  /** Follows the cluster state; with `check` it also looks at the kernel and repairs what somebody else changed. Never throws. */
  async apply(state: Pick<ClusterState, 'services'>, check: boolean): Promise<void> {
    const wanted = this.addresses(state)
    // What failed is tried again with the next check: most changes of a cluster have nothing to do with its DNS address.
    if (isSame(wanted, this.#tried) && (!check || this.#options.dryRun)) return
    const before = this.#answered
    const known = isSame(wanted, this.#tried)
    this.#tried = wanted
    const problems: string[] = []
    try {
      const changed = await this.#program(wanted, problems)
      this.#report(before, known && changed)
    } catch (error) {
      problems.push(errorText(error))
    }
    for (const problem of problems) {
      if (!this.#problems.includes(problem)) this.#log.error(`${problem}; queries go where they went before`)
    }
    this.#problems = problems
  }

  /**
   * Removes the rules, then closes the sockets, then removes the interface: queries go where they went before. Where another
   * process of ours has taken over, its rules and interface stay.
   */
  async remove(): Promise<void> {
    clearTimeout(this.#again)
    if (this.#options.dryRun) return
    try {
      const { link } = this.#options
      const found = await link.read()
      const owner = link.ownerOf(found)
      if (owner === 'another' && found !== undefined && (await this.#isAnsweredByAnother(found))) return
      await (await this.#chooseRules()).remove()
      await this.#listeners.update([])
      // Somebody may have begun to take over since.
      if (found !== undefined && owner !== 'stranger' && (await link.read())?.alias === found.alias) await link.delete()
      if (this.#taken) this.#log.info('no longer answering the cluster DNS addresses')
    } catch (error) {
      this.#log.error(`Cannot remove the DNS of this node, "pointsman cleanup" does: ${errorText(error)}`)
      await this.#listeners.update([])
    }
  }

  async #isAnsweredByAnother({ addresses }: Link): Promise<boolean> {
    await this.#listeners.update([])
    for (const host of addresses) if (await isTaken({ host, port: 53 })) return true
    return false
  }

  /** Returns whether anything had to be changed. */
  async #program(wanted: readonly Address[], problems: string[]): Promise<boolean> {
    const { link } = this.#options
    const found = await link.read()
    if (!(await this.#holds(found))) return false
    const present = found?.addresses ?? []
    const missing = wanted.filter((address) => !present.includes(address))
    const refused = await this.#addAddresses(missing, problems)
    const answered = await this.#listen(
      wanted.filter((address) => !refused.includes(address)),
      problems,
    )
    const rules = await this.#chooseRules()
    const wrote = await rules.ensure(answered)
    // No rule leads to the others any more.
    this.#answered = answered
    if (!this.#options.dryRun) await this.#listeners.update(answered)
    const left = [...present, ...missing].filter((address) => !answered.includes(address) && !refused.includes(address))
    for (const address of left) await link.deleteAddress(address)
    return (
      wrote ||
      found?.up !== true ||
      !isSame(
        wanted.filter((address) => present.includes(address)),
        answered,
      )
    )
  }

  /** Whether the interface is this process's now. */
  async #holds(found: Link | undefined): Promise<boolean> {
    const { link } = this.#options
    const owner = link.ownerOf(found)
    if (owner === 'stranger') {
      throw new Error(
        `Cannot use the interface ${link.name}: it is not ours (its alias does not say so); "ip link delete ${link.name}" removes it`,
      )
    }
    if (owner === 'another' && this.#taken) {
      if (!this.#passed) {
        this.#log.info('another pointsman takes care of the DNS of this node now; this one answers until it ends')
      }
      this.#passed = true
      return false
    }
    this.#passed = false
    if (owner !== 'us' || found?.up !== true) await link.take(found)
    this.#taken = true
    // One that ends just now may still take away what we have found.
    if (owner === 'another') this.#again = setTimeout(this.#lookAgain, afterTakingOverMs)
    return true
  }

  async #addAddresses(addresses: readonly Address[], problems: string[]): Promise<readonly Address[]> {
    const refused: Address[] = []
    for (const address of addresses) {
      try {
        await this.#options.link.addAddress(address)
      } catch (error) {
        problems.push(errorText(error))
        refused.push(address)
      }
    }
    return refused
  }

  /** Returns those that are answered. Those answered until now are answered still, as long as rules lead to them. */
  async #listen(wanted: readonly Address[], problems: string[]): Promise<readonly Address[]> {
    if (this.#options.dryRun) return wanted
    const failed = await this.#listeners.update([...new Set([...this.#answered, ...wanted])])
    problems.push(...failed.values())
    return wanted.filter((address) => !failed.has(address))
  }

  async #chooseRules(): Promise<NodeLocalRules> {
    this.#rules ??= await this.#options.rules()
    return this.#rules
  }

  #report(before: readonly Address[], repaired: boolean): void {
    const about = { addresses: this.#answered, interface: this.#options.link.name, rules: this.#rules?.tool }
    if (!isSame(before, this.#answered)) {
      this.#log.info(about, this.#options.dryRun ? 'would answer DNS on this node' : 'answering DNS on this node')
    } else if (repaired) this.#log.warn(about, 'somebody else changed the DNS of this node: repaired')
  }
}

function isSame(a: readonly Address[], b: readonly Address[] | undefined): boolean {
  return a.length === b?.length && a.every((address, i) => address === b[i])
}
