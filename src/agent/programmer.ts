import { servicesInLines, servicesToWrite } from '../backends/iptables/blame.ts'
import { ExpectedChains } from '../backends/iptables/expected-chains.ts'
import type { ServiceFragment } from '../backends/iptables/fragment.ts'
import { countRepairs, fullSync, rulesHoldingStale, type Desired } from '../backends/iptables/full-sync.ts'
import { savedFragments } from '../backends/iptables/saved-fragment.ts'
import { SavedRulesReader, type SavedRules } from '../backends/iptables/saved-rules.ts'
import { renderUpdate } from '../backends/iptables/update.ts'
import type { Address } from '../net/address.ts'
import { optional } from '../model/optional.ts'
import type { RestoreDocument } from '../xtables/restore-document.ts'
import { lineCount, replaced, sorted, type Fragments } from './fragments.ts'
import type { IptablesRuleset } from './iptables-ruleset.ts'
import { RestoreRefused, type IptablesTool } from './iptables-tool.ts'
import { MeteredTool } from './metered-tool.ts'
import { findRefused, type Refusal } from './refused-services.ts'
import { SyncMeter } from './sync-meter.ts'
import type { CheckReport, FoundRules, ProgrammerFigures, SyncReport } from './sync-report.ts'

/** More than this is cheaper, and safer in blocks, as a full sync. */
const maxPartialServices = 250
const maxPartialLines = 10_000

const nobody: ReadonlySet<string> = new Set()

/**
 * Keeps one family's rules in the kernel equal to a ruleset. The first sync, and the one after a failure, reads the
 * kernel back and repairs whatever differs; every other sync sends what the changed services need. A service whose
 * rules the kernel refuses is quarantined: it keeps the rules it had, and all others are programmed.
 */
export class Programmer {
  readonly #ruleset: IptablesRuleset
  readonly #tool: MeteredTool
  readonly #blockLines: number
  readonly #meter: SyncMeter
  readonly #pending = new Set<string>()
  /** What the kernel held when it was last known. */
  #applied = new Map<string, ServiceFragment>()
  /** Whether that is ours: not before the first sync that succeeded. */
  #programmed = false
  /** Whether the kernel holds it still: not before the first sync, nor after a failed one. */
  #certain = false
  #appliedBase = ''
  #quarantined: ReadonlyMap<string, Error> = new Map()
  #holdingStale: readonly string[] = []
  #drift: FoundRules | undefined
  #partialFailures = 0

  /** @param readPauseMs The least time from one reading back of the kernel to the next. */
  constructor(ruleset: IptablesRuleset, tool: IptablesTool, blockLines: number, readPauseMs: number) {
    this.#ruleset = ruleset
    this.#meter = new SyncMeter(readPauseMs)
    this.#tool = new MeteredTool(tool, this.#meter)
    this.#blockLines = blockLines
  }

  /** The services whose rules the kernel refuses, and what the tool said. */
  get quarantined(): ReadonlyMap<string, Error> {
    return this.#quarantined
  }

  /** Rules of others that led to chains nobody needs, when the kernel was last read: these chains stay, empty. */
  get holdingStale(): readonly string[] {
    return this.#holdingStale
  }

  /** Whether a sync has ever succeeded. */
  get isProgrammed(): boolean {
    return this.#programmed
  }

  hasArrived(service: string): boolean {
    return this.#applied.get(service) === this.#ruleset.fragments.get(service)
  }

  /** What the last check found that somebody else had changed, as long as it is not repaired. */
  get drift(): FoundRules | undefined {
    return this.#drift
  }

  get figures(): ProgrammerFigures {
    return {
      ruleset: this.#ruleset,
      written: this.#tool.written,
      quarantined: this.#quarantined.size,
      failures: this.#tool.failures,
      partialFailures: this.#partialFailures,
    }
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
    const keys = [...this.#pending].sort()
    this.#pending.clear()
    return this.#meter.measure(async () => {
      const base = JSON.stringify(this.#ruleset.base)
      const small = this.#certain && base === this.#appliedBase && this.#isSmall(keys)
      // Until the tool has succeeded nobody knows what the kernel holds.
      this.#certain = false
      const partial = small && (await this.#partialSync(keys))
      if (!partial) await this.#fullSync()
      this.#certain = true
      this.#drift = undefined
      this.#appliedBase = base
      return partial ? { kind: 'partial', services: keys.length } : { kind: 'full', services: this.#applied.size }
    })
  }

  /**
   * Reads the kernel back if that is due or the canary is gone, repairs what others changed, and tries services in quarantine again.
   * Undefined when there was no reason to.
   */
  async check(): Promise<CheckReport | undefined> {
    if (!this.#certain) return undefined
    // Reading everything back costs seconds in a large cluster; whether somebody flushed it all does not.
    if (!this.#meter.isReadDue && (await this.#tool.hasCanary())) return undefined
    let repaired = 0
    let found: FoundRules | undefined
    const report = await this.#meter.measure(async () => {
      this.#certain = false
      const fragments = sorted(this.#applied)
      const kernel = await this.#readKernel(fragments)
      const document = this.#documentFor(fragments, kernel)
      repaired = countRepairs(document)
      if (repaired > 0) found = { desired: this.#desired(fragments), fragments, kernel }
      this.#drift = found
      await this.#tool.restore(document)
      this.#drift = undefined
      if (this.#quarantined.size > 0) await this.#fullSync()
      this.#certain = true
      return { kind: 'full', services: this.#applied.size }
    })
    return { ...report, repaired, ...optional('found', found) }
  }

  #isSmall(keys: readonly string[]): boolean {
    const lines = keys.map((key) => lineCount(this.#applied.get(key)) + lineCount(this.#ruleset.fragments.get(key)))
    return keys.length <= maxPartialServices && lines.reduce((sum, count) => sum + count, 0) <= maxPartialLines
  }

  /** False when the kernel refused; which service it was that is left to a full sync. */
  async #partialSync(keys: readonly string[]): Promise<boolean> {
    const wanted = this.#ruleset.fragments
    const changes = keys
      .filter((key) => !this.#quarantined.has(key) || !wanted.has(key))
      .map((key) => ({
        key,
        ...optional('before', this.#applied.get(key)),
        ...optional('after', wanted.get(key)),
      }))
    const failuresBefore = this.#tool.failures
    try {
      const refusal = await this.#restore(renderUpdate(this.#applied, changes), wanted)
      if (refusal !== undefined) return false
    } finally {
      this.#partialFailures += this.#tool.failures - failuresBefore
    }
    for (const { key, after } of changes) {
      if (after === undefined) this.#applied.delete(key)
      else this.#applied.set(key, after)
    }
    this.#quarantined = new Map([...this.#quarantined].filter(([key]) => wanted.has(key)))
    return true
  }

  async #fullSync(): Promise<void> {
    const kernel = await this.#readKernel(this.#ruleset.fragments)
    const refusal = await this.#programAllBut(nobody, kernel)
    this.#quarantined = refusal === undefined ? new Map() : await this.#findRefused(refusal, kernel)
  }

  /** @param before What the kernel held when the refused document was sent, some of which it may have taken. */
  async #findRefused(refusal: Refusal, before: SavedRules): Promise<ReadonlyMap<string, Error>> {
    const wanted = this.#ruleset.fragments
    const candidates = servicesToWrite(wanted, await this.#readKernel(wanted))
    // Until then only the kernel knows what rules a service had: those of an agent before us.
    if (!this.#programmed) this.#applied = savedFragments(new Set(candidates), this.#ruleset.base, before)
    return findRefused(candidates, refusal, async (leftOut) =>
      this.#programAllBut(leftOut, await this.#readKernel(wanted)),
    )
  }

  /** Those left out keep the rules they had. */
  async #programAllBut(leftOut: ReadonlySet<string>, kernel: SavedRules): Promise<Refusal | undefined> {
    const fragments = sorted(replaced(this.#ruleset.fragments, leftOut, this.#applied))
    const refusal = await this.#restore(this.#documentFor(fragments, kernel), fragments)
    if (refusal === undefined) {
      this.#applied = fragments
      this.#programmed = true
    }
    return refusal
  }

  /** @param likely What it holds, as far as anybody knows. */
  async #readKernel(likely: Fragments): Promise<SavedRules> {
    const reader = new SavedRulesReader(new ExpectedChains(likely.values()))
    await this.#tool.saveLines((line) => reader.take(line))
    return reader.rules
  }

  /** What is to be sent so that the kernel holds these, empty when it does. */
  #documentFor(fragments: Fragments, kernel: SavedRules): RestoreDocument {
    const desired = this.#desired(fragments)
    this.#holdingStale = rulesHoldingStale(desired, kernel)
    return fullSync(desired, kernel, this.#blockLines)
  }

  #desired(fragments: Fragments): Desired {
    return { base: this.#ruleset.base, fragments: [...fragments.values()] }
  }

  async #restore(document: RestoreDocument, fragments: Fragments): Promise<Refusal | undefined> {
    try {
      await this.#tool.restore(document)
      return undefined
    } catch (error) {
      if (!(error instanceof RestoreRefused)) throw error
      return { error, suspects: servicesInLines(document, error.lines, fragments) }
    }
  }
}
