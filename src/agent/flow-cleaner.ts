import { expectGoneAnswerers, expectStaleFlows, staleFlowsOf, type StaleFlows } from '../backends/conntrack/stale.ts'
import { watchFrontends, type Watch } from '../backends/conntrack/watch.ts'
import { splitHostPort, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { ConntrackTool } from './conntrack-tool.ts'
import type { UdpFrontendTable } from './udp-frontend-table.ts'

/** What the cleaner knows of the rules of its family. */
export interface CleanedRules {
  readonly udpFrontends: UdpFrontendTable
  /** Where node ports are open. */
  readonly openAddresses: readonly Address[]
}

export interface CleanReport {
  /** Flows that were deleted; in a dry run, that would have been. */
  readonly removed: number
  readonly toolMs: number
}

/** Each deletion is a walk over all flows. Up to here it is cheaper to try than to look first, which is a walk too. */
const maxBlindDeletions = 2

/** After this much deleting, the rest is left for the next pass: rules must not wait for it longer. */
const maxDeletingMs = 5000

/** The kinds of stale flows that one pass remembers; what is beyond waits for the next. */
const maxKinds = 10_000

/**
 * Removes the UDP flows of one family that go where no rule would send them now. The kernel consults rules for the
 * first packet of a flow only, and a client that keeps its socket would go on talking to an endpoint that is gone.
 */
export class FlowCleaner {
  readonly #family: Family
  readonly #rules: CleanedRules
  readonly #tool: ConntrackTool
  readonly #dryRun: boolean
  #doubtful = true
  #failed = false

  constructor(family: Family, rules: CleanedRules, tool: ConntrackTool, dryRun: boolean) {
    this.#family = family
    this.#rules = rules
    this.#tool = tool
    this.#dryRun = dryRun
  }

  /** Says that the kernel may have had other rules than those of the last pass: the next one looks at every service. */
  doubt(): void {
    this.#doubtful = true
  }

  /**
   * Removes what the changes since the last pass have made stale. To be called when the kernel has the rules. Undefined
   * when nothing can be stale.
   *
   * @param retry Whether to try again if the last pass failed; without, nothing is done then.
   */
  async clean(retry: boolean): Promise<CleanReport | undefined> {
    if (this.#failed && !retry) return undefined
    const { udpFrontends, openAddresses } = this.#rules
    const doubtful = this.#doubtful
    const changes = doubtful ? udpFrontends.all() : udpFrontends.changed()
    const watch = watchFrontends(changes, udpFrontends.current, openAddresses)
    const expected = doubtful ? undefined : this.#fewestDeletions(watch)
    const start = performance.now()
    this.#doubtful = true
    this.#failed = true
    const removal = await this.#removeStale(watch, expected)
    this.#failed = false
    this.#doubtful = !(removal?.complete ?? true)
    if (!this.#doubtful) udpFrontends.settle()
    return removal && { removed: removal.removed, toolMs: performance.now() - start }
  }

  /** Each deletion is a walk, so those that name an endpoint for all its frontends may be worth more. */
  #fewestDeletions(watch: Watch): readonly StaleFlows[] {
    const byDestination = expectStaleFlows(watch)
    if (byDestination.length <= 1) return byDestination
    const serving = this.#rules.udpFrontends.targets()
    const byAnswerer = expectGoneAnswerers(watch, (target) => serving.has(target))
    return byAnswerer !== undefined && byAnswerer.length < byDestination.length ? byAnswerer : byDestination
  }

  /** @param expected All that can be stale; absent when anything can. Undefined when nothing can. */
  async #removeStale(watch: Watch, expected: readonly StaleFlows[] | undefined): Promise<Removal | undefined> {
    if (watch.size === 0 || expected?.length === 0) return undefined
    if (expected !== undefined && expected.length <= maxBlindDeletions && !this.#dryRun) return this.#delete(expected)
    const kinds = await this.#find(watch)
    if (this.#dryRun) return { removed: kinds.reduce((sum, { count }) => sum + count, 0), complete: true }
    const most = kinds.toSorted((a, b) => b.count - a.count)
    const { removed, complete } = await this.#delete(most.map(({ stale }) => stale))
    return { removed, complete: complete && kinds.length < maxKinds }
  }

  async #find(watch: Watch): Promise<readonly Kind[]> {
    const kinds = new Map<string, Kind>()
    const hosts = new Set([...watch.keys()].map((destination) => splitHostPort(destination).host))
    const [only] = hosts.size === 1 ? hosts : []
    await this.#tool.list(this.#family, only, (flow) => {
      const stale = staleFlowsOf(flow, watch)
      if (stale === undefined) return
      const key = `${stale.destination ?? ''} ${stale.replySource ?? ''}`
      const kind = kinds.get(key)
      if (kind !== undefined) kind.count++
      else if (kinds.size < maxKinds) kinds.set(key, { stale, count: 1 })
    })
    return [...kinds.values()]
  }

  async #delete(all: readonly StaleFlows[]): Promise<Removal> {
    const end = performance.now() + maxDeletingMs
    let removed = 0
    for (const stale of all) {
      if (performance.now() > end) return { removed, complete: false }
      removed += await this.#tool.remove(this.#family, stale)
    }
    return { removed, complete: true }
  }
}

interface Kind {
  readonly stale: StaleFlows
  count: number
}

interface Removal {
  readonly removed: number
  readonly complete: boolean
}
