import { runLines } from '../host/command.ts'
import { errorText } from '../host/error-text.ts'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import type { ModelObject } from '../model/object.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import { ConflictLog } from './conflict-report.ts'
import { conntrackTool } from './conntrack-tool.ts'
import type { DriftReporter } from './drift-reporter.ts'
import type { FamilyBackend, FamilyProgram } from './family-backend.ts'
import { FlowCleaner, type CleanReport } from './flow-cleaner.ts'
import { FlowPasses } from './flow-passes.ts'
import { foundDifferences } from './found-differences.ts'
import type { KernelRules } from './answered-cluster.ts'
import type { CheckReport, SyncReport } from './sync-report.ts'
import { TriggerTimes } from './trigger-times.ts'
import type { Programs } from './programs.ts'
import type { FamilyFigures } from './proxy-metrics.ts'

/** Told of every sync, check and removal of flows that succeeded. */
export interface SyncObserver {
  synced(family: Family, report: SyncReport): void
  checked(family: Family, report: CheckReport): void
  cleaned(family: Family, report: CleanReport): void
  /** A change of endpoints that the kernel has now, so long after its pod or Service changed. */
  observeProgramming(family: Family, seconds: number): void
}

interface Program extends FamilyProgram {
  readonly family: Family
  readonly dryRun: boolean
  readonly cleaner: FlowCleaner
}

/** The rules of each family in the kernel: programmed one after the other, and no family waits for another to succeed. */
export class FamilyPrograms implements Programs, KernelRules {
  readonly #programs: readonly Program[]
  readonly #conflicts: ConflictLog
  readonly #log: Log
  readonly #observer: SyncObserver
  readonly #drift: DriftReporter
  /** Families whose drift is told of and lasts. */
  readonly #unrepaired = new Set<Family>()
  readonly #reported = new Set<Family>()
  readonly #triggers: TriggerTimes
  readonly #flows: FlowPasses
  /** Families in which what another mode has left was looked for, and whether all of it is gone. */
  readonly #otherModes = new Map<Family, boolean>()

  constructor(
    state: ClusterStore,
    backends: readonly FamilyBackend[],
    periodMs: number,
    log: Log,
    observer: SyncObserver,
    drift: DriftReporter,
  ) {
    const conntrack = conntrackTool(runLines)
    this.#programs = backends.map(({ family, dryRun, start }) => {
      // Checks come once a period, counted from their beginnings; a whole one from the end of a reading would miss every second.
      const program = start(state, periodMs / 2)
      return { ...program, family, dryRun, cleaner: new FlowCleaner(family, program.flows, conntrack, dryRun) }
    })
    this.#triggers = new TriggerTimes(
      backends.map(({ family }) => family),
      Date.now(),
    )
    this.#conflicts = new ConflictLog(state.claims, log)
    this.#log = log
    this.#observer = observer
    this.#drift = drift
    this.#flows = new FlowPasses(log, observer)
  }

  get figures(): readonly FamilyFigures[] {
    return this.#programs.map(({ family, programmer }) => ({ family, ...programmer.figures }))
  }

  get isProgrammed(): boolean {
    return this.#programs.some(({ programmer }) => programmer.isProgrammed)
  }

  hasArrived(service: string): boolean {
    return this.#programs.every(({ programmer }) => programmer.hasArrived(service))
  }

  /** A sentence while somebody else's changes of our rules are not repaired. */
  get drift(): string | undefined {
    const drifted = [...this.#unrepaired].sort().join(' and ')
    return drifted === '' ? undefined : `Somebody else changed our ${drifted} rules, and they are not repaired`
  }

  /**
   * Plans these services anew; the next sync programs them.
   *
   * @param put What came or changed, and may say when its cause did.
   */
  touch(services: ReadonlySet<string>, put: readonly ModelObject[]): void {
    for (const { programmer } of this.#programs) programmer.touch(services)
    this.#triggers.take(put)
  }

  /**
   * Programs what is pending, then removes the UDP flows that this made stale; logs what was done, and throws one error
   * for all families whose rules failed.
   *
   * @param changedAt When the cluster changed, as `performance.now()`; absent when nothing says so.
   * @param check Whether to read the kernel back too, if that is due.
   * @param afterRules Comes when all families have been tried, before flows are looked at.
   */
  async sync(
    changedAt: number | undefined,
    check: boolean,
    afterRules: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    // Without rules nothing is left out of them.
    if (this.#programs.length > 0) this.#conflicts.report()
    // Those of services are the node's own only in IPVS mode, and there not to be taken for node addresses.
    const addresses = localAddresses(ipvsInterface)
    const failures: string[] = []
    const programmed: Program[] = []
    const drifts: (() => void)[] = []
    for (const program of this.#programs) {
      try {
        program.programmer.setLocalAddresses(addresses)
        const checked = await this.#syncFamily(program, changedAt, check)
        drifts.push(() => this.#reportRepair(program.family, checked))
        programmed.push(program)
      } catch (error) {
        program.cleaner.doubt()
        drifts.push(() => this.#reportDrift(program))
        failures.push(`${program.family}: ${errorText(error)}`)
      }
    }
    await afterRules()
    // The rules of every family come first: to explain what differed takes seconds where all was flushed, and a pass over a million flows takes seconds.
    for (const report of drifts) report()
    for (const program of programmed) await this.#flows.run(program, check)
    if (failures.length > 0) throw new Error(failures.join('; '))
  }

  async #syncFamily(program: Program, changedAt: number | undefined, check: boolean): Promise<CheckReport | undefined> {
    const { family, dryRun, programmer, cleaner } = program
    const before = programmer.quarantined
    const heldBefore = programmer.holdingStale
    const report = await programmer.sync()
    this.#observer.synced(family, report)
    const late = new Set(programmer.quarantined.keys())
    for (const ms of this.#triggers.programmed(family, late, Date.now())) {
      this.#observer.observeProgramming(family, ms / 1000)
    }
    // What was never written cannot be read back.
    const checked = check && !dryRun ? await programmer.check() : undefined
    if (checked !== undefined) this.#observer.checked(family, checked)
    this.#logQuarantine(family, before, programmer.quarantined)
    for (const rule of programmer.holdingStale) {
      if (heldBefore.includes(rule)) continue
      this.#log.warn(
        { family, rule },
        'A chain that no Service needs stays, empty: this rule of somebody else leads to it',
      )
    }
    if (!dryRun && (check || !this.#otherModes.has(family))) await this.#removeOtherMode(program)
    // Its flows went by the rules that it had until now.
    if ([...before.keys()].some((service) => !programmer.quarantined.has(service))) cleaner.doubt()
    if (checked?.found !== undefined) cleaner.doubt()
    // That the kernel was right already is news only at the start.
    if (report.bytes === 0 && this.#reported.has(family)) return checked
    this.#reported.add(family)
    const { kind, services, bytes } = report
    const sinceChangeMs = changedAt === undefined ? undefined : round(performance.now() - changedAt)
    const figures = { ownMs: round(report.ownMs), toolMs: round(report.toolMs), sinceChangeMs }
    const line = [{ family, kind, services, bytes, ...figures }, dryRun ? 'would program' : 'programmed'] as const
    // A cluster changes many times a second; what is news is that all was programmed.
    if (kind === 'full') this.#log.info(...line)
    else this.#log.debug(...line)
    return checked
  }

  /** After a sync that succeeded nothing is left of what somebody else has done. */
  #reportRepair(family: Family, checked: CheckReport | undefined): void {
    const wasTold = this.#unrepaired.delete(family)
    if (checked?.found !== undefined) {
      const { found, repaired, bytes } = checked
      this.#drift.repaired(family, foundDifferences(family, found), { repaired, bytes })
    } else if (wasTold) this.#drift.mended(family)
  }

  #reportDrift({ family, programmer }: Program): void {
    if (programmer.drift === undefined || this.#unrepaired.has(family)) return
    this.#unrepaired.add(family)
    this.#drift.unrepaired(family, foundDifferences(family, programmer.drift))
  }

  /** Once ours stands. What fails is tried again with the next check. */
  async #removeOtherMode({ family, otherMode }: Program): Promise<void> {
    if (otherMode === undefined || this.#otherModes.get(family) === true) return
    this.#otherModes.set(family, false)
    try {
      const { removed, complete } = await otherMode.remove()
      this.#otherModes.set(family, complete)
      for (const what of removed) this.#log.info({ family }, `removed what another mode had left: ${what}`)
    } catch (error) {
      this.#log.error(`Cannot remove what another mode has left of ${family}: ${errorText(error)}`)
    }
  }

  #logQuarantine(family: Family, before: ReadonlyMap<string, Error>, now: ReadonlyMap<string, Error>): void {
    for (const [service, { message }] of now) {
      if (before.has(service)) continue
      this.#log.error({ family, service }, `The rules of this Service are refused; it keeps those it had: ${message}`)
    }
    for (const service of before.keys()) {
      if (!now.has(service)) this.#log.info({ family, service }, 'The rules of this Service are refused no longer')
    }
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
