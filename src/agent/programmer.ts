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

/** More changed services than this are cheaper, and safer in blocks, as a full sync. */
const maxPartialServices = 250

/**
 * Keeps one family's rules in the kernel equal to a ruleset. The first sync, and the one after a failure, reads the
 * kernel back and repairs whatever differs; every other sync sends what the changed services need.
 */
export class Programmer {
  readonly #ruleset: IptablesRuleset
  readonly #tool: IptablesTool
  readonly #blockServices: number
  readonly #pending = new Set<string>()
  /** What the kernel holds; absent before the first sync and after a failed one, when only the kernel knows. */
  #applied: Map<string, ServiceFragment> | undefined
  #appliedBase = ''

  constructor(ruleset: IptablesRuleset, tool: IptablesTool, blockServices: number) {
    this.#ruleset = ruleset
    this.#tool = tool
    this.#blockServices = blockServices
  }

  /** Plans these services anew; the next sync programs them. */
  touch(services: Iterable<string>): void {
    for (const key of this.#ruleset.touch(services)) this.#pending.add(key)
  }

  /** Says which addresses the node has; the next sync is a full one if node ports open or close by it. */
  setLocalAddresses(addresses: readonly Address[]): void {
    this.#ruleset.localAddresses = addresses
  }

  /** Programs what is pending. On an error the next sync is a full one. */
  async sync(): Promise<SyncReport> {
    const applied = this.#applied
    const keys = [...this.#pending].sort()
    this.#pending.clear()
    // Until the tool has succeeded nobody knows what the kernel holds.
    this.#applied = undefined
    const base = JSON.stringify(this.#ruleset.base)
    const partial = applied !== undefined && keys.length <= maxPartialServices && base === this.#appliedBase
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
    const { base, jumps, fragments } = this.#ruleset
    const applied = new Map(fragments)
    const desired = { base, jumps, fragments: this.#ruleset.sorted() }
    const document = renderFullSync(desired, parseSavedRules(kernel), this.#blockServices)
    return {
      document,
      services: applied.size,
      ownMs: performance.now() - read,
      toolMs: read - start,
      applied: () => applied,
    }
  }
}

/** A rendered document, and what the kernel holds once it is applied. */
interface Step {
  readonly document: string
  readonly services: number
  readonly ownMs: number
  readonly toolMs: number
  applied(): Map<string, ServiceFragment>
}
