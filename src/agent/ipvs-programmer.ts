import { servicesInLines, standingPart } from '../backends/ipvs/blame.ts'
import type { IpvsFragment } from '../backends/ipvs/fragment.ts'
import type { SavedRules } from '../backends/iptables/saved-rules.ts'
import { optional } from '../model/optional.ts'
import type { Address } from '../net/address.ts'
import type { FamilyProgrammer } from './family-backend.ts'
import { reportIpvsDifferences } from './ipvs-diff-report.ts'
import { IpvsKernel, type IpvsTools } from './ipvs-kernel.ts'
import { joinKeys } from './ipvs-part.ts'
import type { FoundState } from './ipvs-reading.ts'
import type { IpvsRuleset } from './ipvs-ruleset.ts'
import { desiredIpvsSide, kernelIpvsSide, type WantedIpvs } from './ipvs-side.ts'
import { LinesRefused } from './ipvs-writer.ts'
import { findRefused, type Refusal } from './refused-services.ts'
import { SyncMeter } from './sync-meter.ts'
import type { CheckReport, Found, ProgrammerFigures, SyncReport } from './sync-report.ts'

const nobody: ReadonlySet<string> = new Set()

/**
 * Keeps one family's virtual servers, addresses, sets and rules in the kernel equal to a ruleset. The first sync, and the
 * one after a failure, reads the kernel and repairs whatever differs; every other sync sends what the changed services
 * need. A service of which the kernel refuses something is quarantined: it keeps what it had, and all others are programmed.
 */
export class IpvsProgrammer implements FamilyProgrammer {
  readonly #ruleset: IpvsRuleset
  readonly #tools: IpvsTools
  readonly #kernel: IpvsKernel
  readonly #meter: SyncMeter
  readonly #pending = new Set<string>()
  /** What the kernel held of each service when it was last known. */
  readonly #arrived = new Map<string, IpvsFragment>()
  /** Whether the kernel holds it still: not before the first sync, nor after a failed one. */
  #certain = false
  #programmed = false
  #quarantined: ReadonlyMap<string, Error> = new Map()
  #drift: Found | undefined
  #failures = 0
  #partialFailures = 0

  /** @param readPauseMs The least time from one reading back of the kernel to the next. */
  constructor(ruleset: IpvsRuleset, tools: IpvsTools, readPauseMs: number) {
    this.#ruleset = ruleset
    this.#tools = tools
    this.#meter = new SyncMeter(readPauseMs)
    this.#kernel = new IpvsKernel(ruleset, tools, this.#meter)
  }

  get quarantined(): ReadonlyMap<string, Error> {
    return this.#quarantined
  }

  /** Services have no chains of their own. */
  readonly holdingStale: readonly string[] = []

  get isProgrammed(): boolean {
    return this.#programmed
  }

  hasArrived(service: string): boolean {
    return this.#arrived.get(service) === this.#ruleset.fragments.get(service)
  }

  get drift(): Found | undefined {
    return this.#drift
  }

  get figures(): ProgrammerFigures {
    const { counts, tool } = this.#kernel.rules
    return {
      ruleset: { rules: counts, noLocalEndpoints: this.#ruleset.noLocalEndpoints },
      written: tool.written,
      quarantined: this.#quarantined.size,
      failures: this.#failures + tool.failures,
      partialFailures: this.#partialFailures,
    }
  }

  touch(services: Iterable<string>): void {
    for (const key of this.#ruleset.touch(services)) this.#pending.add(key)
  }

  /** Those of kube-ipvs0 do not count. */
  setLocalAddresses(addresses: readonly Address[]): void {
    for (const key of this.#ruleset.setLocalAddresses(addresses)) this.#pending.add(key)
  }

  async sync(): Promise<SyncReport> {
    const keys = [...this.#pending].sort()
    this.#pending.clear()
    return this.#meter.measure(async () => {
      const wasCertain = this.#certain
      // Until the tools have succeeded nobody knows what the kernel holds.
      this.#certain = false
      const partial = wasCertain && (await this.#partialSync(keys))
      if (!partial) await this.#fullSync()
      this.#certain = true
      this.#drift = undefined
      return partial
        ? { kind: 'partial', services: keys.length }
        : { kind: 'full', services: this.#ruleset.fragments.size }
    })
  }

  /**
   * Removes what has drained, reads rules back, and all else if that is due; repairs what others changed, and tries services
   * in quarantine again. Undefined when there was nothing to do.
   */
  async check(): Promise<CheckReport | undefined> {
    if (!this.#certain) return undefined
    const due = this.#meter.isReadDue
    let mended: Pick<CheckReport, 'repaired' | 'found'> = { repaired: 0 }
    const report = await this.#meter.measure(async () => {
      this.#certain = false
      await this.#kernel.removeDrained()
      mended = await this.#repair(due)
      if (due && this.#quarantined.size > 0) await this.#fullSync()
      this.#certain = true
      return { kind: due ? 'full' : 'partial', services: this.#arrived.size }
    })
    return due || mended.repaired > 0 ? { ...report, ...mended } : undefined
  }

  /** @param whole Whether all is read back, not only rules. */
  async #repair(whole: boolean): Promise<Pick<CheckReport, 'repaired' | 'found'>> {
    const state = whole ? await this.#kernel.read() : undefined
    const { kernel, wrong } = await this.#kernel.rules.compare()
    const repaired = wrong + (state === undefined ? 0 : this.#kernel.countWrong(state))
    const found = repaired > 0 ? { explain: this.#explain(state, kernel) } : undefined
    this.#drift = found
    await this.#kernel.rules.repair()
    if (state !== undefined && repaired > wrong) await this.#kernel.writeAll(state, false)
    this.#drift = undefined
    return { repaired, ...optional('found', found) }
  }

  /** False when something was refused; which service it was of is left to a full sync. */
  async #partialSync(services: readonly string[]): Promise<boolean> {
    const { shares } = this.#kernel
    const wanted = this.#ruleset.fragments
    const due = services.filter((key) => !this.#quarantined.has(key) || !wanted.has(key))
    const keys = joinKeys(due.map((key) => shares.replace(key, wanted.get(key))))
    if ((await this.#attempt(() => this.#kernel.writePart(keys))) !== undefined) {
      this.#partialFailures++
      return false
    }
    for (const key of due) this.#arrive(key)
    this.#quarantined = new Map([...this.#quarantined].filter(([key]) => wanted.has(key)))
    return true
  }

  async #fullSync(): Promise<void> {
    // What somebody else has changed meanwhile is refused once.
    const refusal = (await this.#programAllBut(nobody)) && (await this.#programAllBut(nobody))
    this.#quarantined =
      refusal === undefined
        ? new Map()
        : await findRefused(this.#everyKey().sort(), refusal, (leftOut) => this.#programAllBut(leftOut))
  }

  /** Those left out keep what they had. */
  async #programAllBut(leftOut: ReadonlySet<string>): Promise<Refusal | undefined> {
    const { shares, rules } = this.#kernel
    const found = await this.#kernel.read()
    for (const key of this.#everyKey()) {
      const fragment = leftOut.has(key) ? this.#standingPart(key) : this.#ruleset.fragments.get(key)
      if (fragment !== shares.fragments.get(key)) shares.replace(key, fragment)
    }
    const takesOver = await rules.read()
    const refusal = await this.#attempt(() => this.#kernel.writeAll(found, takesOver))
    if (refusal !== undefined) return refusal
    for (const key of this.#everyKey()) this.#arrive(key)
    this.#programmed = true
    return undefined
  }

  /** Undefined when the kernel took all. */
  async #attempt(write: () => Promise<void>): Promise<Refusal | undefined> {
    try {
      await write()
      return undefined
    } catch (error) {
      if (!(error instanceof LinesRefused)) throw error
      this.#failures++
      return { error, suspects: servicesInLines(error.lines, this.#ruleset.fragments, this.#tools.family) }
    }
  }

  #standingPart(service: string): IpvsFragment | undefined {
    const fragment = this.#ruleset.fragments.get(service)
    const { held } = this.#kernel
    return fragment && held && standingPart(fragment, held)
  }

  #arrive(service: string): void {
    const fragment = this.#kernel.shares.fragments.get(service)
    if (fragment === undefined) this.#arrived.delete(service)
    else this.#arrived.set(service, fragment)
  }

  #everyKey(): string[] {
    const { fragments } = this.#kernel.shares
    return [...new Set([...fragments.keys(), ...this.#ruleset.fragments.keys(), ...this.#arrived.keys()])]
  }

  /** @param state Undefined when only rules were read. */
  #explain(state: FoundState | undefined, rules: SavedRules) {
    const { shares } = this.#kernel
    const wanted: WantedIpvs = {
      fragments: new Map(shares.fragments),
      wanted: shares.state,
      desiredRules: (...needs) => this.#ruleset.desiredRules(...needs),
    }
    const { family } = this.#tools
    const old = kernelIpvsSide(wanted, family, state ?? { ...wanted.wanted, isRecorded: () => true }, rules)
    return () => reportIpvsDifferences({ families: [old] }, { families: [desiredIpvsSide(wanted, family)] })
  }
}
