import { renderFullSync } from '../backends/iptables/full-sync.ts'
import type { ServiceFragment } from '../backends/iptables/fragment.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { renderUpdate } from '../backends/iptables/update.ts'
import type { Address } from '../net/address.ts'
import { optional } from '../model/optional.ts'
import type { IptablesRuleset } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'

/** What one sync did. */
export interface SyncReport {
  readonly kind: 'full' | 'partial'
  readonly services: number
  /** What was written; 0 when the kernel was right already. */
  readonly bytes: number
  /** Milliseconds of our own work, and of the tools'. */
  readonly ownMs: number
  readonly toolMs: number
}

/** More than this is cheaper, and safer in blocks, as a full sync. */
const maxPartialServices = 250
const maxPartialLines = 10_000

/** The kernel is read back at most every 30 seconds, and for at most a hundredth of the time. */
const readPauseMs = 30_000
const readShare = 0.01

/**
 * Keeps one family's rules in the kernel equal to a ruleset. The first sync, and the one after a failure, reads the
 * kernel back and repairs whatever differs; every other sync sends what the changed services need.
 */
export class Programmer {
  readonly #ruleset: IptablesRuleset
  readonly #tool: IptablesTool
  readonly #blockLines: number
  readonly #pending = new Set<string>()
  /** What the kernel holds; absent before the first sync and after a failed one, when only the kernel knows. */
  #applied: Map<string, ServiceFragment> | undefined
  #appliedBase = ''
  #nextReadAt = 0

  constructor(ruleset: IptablesRuleset, tool: IptablesTool, blockLines: number) {
    this.#ruleset = ruleset
    this.#tool = tool
    this.#blockLines = blockLines
  }

  /** Plans these services anew; the next sync programs them. */
  touch(services: Iterable<string>): void {
    for (const key of this.#ruleset.touch(services)) this.#pending.add(key)
  }

  /** Says which addresses the node has; the next sync is a full one if node ports open or close by it. */
  setLocalAddresses(addresses: readonly Address[]): void {
    this.#ruleset.localAddresses = addresses
  }

  /**
   * Programs what is pending. On an error the next sync is a full one.
   *
   * @param check Whether to read the kernel back too, if that is due: somebody else may have changed it.
   */
  async sync(check = false): Promise<SyncReport> {
    const applied = this.#applied
    const keys = [...this.#pending].sort()
    this.#pending.clear()
    // Until the tool has succeeded nobody knows what the kernel holds.
    this.#applied = undefined
    const base = JSON.stringify(this.#ruleset.base)
    const due = check && performance.now() >= this.#nextReadAt
    const partial = applied !== undefined && !due && this.#isSmall(applied, keys) && base === this.#appliedBase
    const step = partial ? this.#partialSync(applied, keys) : await this.#fullSync()
    const start = performance.now()
    if (step.document !== '') await this.#tool.restore(step.document)
    this.#applied = step.applied()
    this.#appliedBase = base
    return {
      kind: partial ? 'partial' : 'full',
      services: step.services,
      bytes: step.document.length,
      ownMs: step.ownMs,
      toolMs: step.toolMs + performance.now() - start,
    }
  }

  #isSmall(applied: ReadonlyMap<string, ServiceFragment>, keys: readonly string[]): boolean {
    const lines = keys.map((key) => lineCount(applied.get(key)) + lineCount(this.#ruleset.fragments.get(key)))
    return keys.length <= maxPartialServices && lines.reduce((sum, count) => sum + count, 0) <= maxPartialLines
  }

  #partialSync(applied: Map<string, ServiceFragment>, keys: readonly string[]): Step {
    const start = performance.now()
    const changes = keys.map((key) => ({
      key,
      ...optional('before', applied.get(key)),
      ...optional('after', this.#ruleset.fragments.get(key)),
    }))
    const document = renderUpdate(applied, changes)
    return {
      document,
      services: keys.length,
      ownMs: performance.now() - start,
      toolMs: 0,
      applied() {
        for (const { key, after } of changes) {
          if (after === undefined) applied.delete(key)
          else applied.set(key, after)
        }
        return applied
      },
    }
  }

  async #fullSync(): Promise<Step> {
    const start = performance.now()
    const kernel = await this.#tool.save()
    const read = performance.now()
    const applied = new Map(this.#ruleset.fragments)
    const document = renderFullSync(this.#ruleset.desired(), parseSavedRules(kernel), this.#blockLines)
    const end = performance.now()
    this.#nextReadAt = end + Math.max(readPauseMs, (end - start) / readShare)
    return {
      document,
      services: applied.size,
      ownMs: end - read,
      toolMs: read - start,
      applied: () => applied,
    }
  }
}

function lineCount(fragment: ServiceFragment | undefined): number {
  return fragment?.ports.reduce((sum, port) => sum + port.chains.length + port.own.length, 0) ?? 0
}

/** A rendered document, and what the kernel holds once it is applied. */
interface Step {
  readonly document: string
  readonly services: number
  readonly ownMs: number
  readonly toolMs: number
  applied(): Map<string, ServiceFragment>
}
