import { Counter, Gauge, type Registry } from 'prom-client'
import { summarize, type ReportGroup } from '../diff/report.ts'
import type { Log } from '../host/log.ts'
import { nodeReference, type Happening } from '../kube/event.ts'
import type { Recorder } from '../kube/events.ts'
import type { Family } from '../net/family.ts'
import { driftKind, summarizeDrift, type DriftSummary } from './drift-summary.ts'
import { Recurrence } from './recurrence.ts'

/** What is not changed again for so long is news when it is. */
const forgetMs = 60 * 60_000

/** Tells of what differs between the kernel and what it should hold: in the log, in metrics, in Events of the Node. */
export class DriftReporter {
  readonly #log: Log
  readonly #nodeName: string
  readonly #events: Recorder | undefined
  readonly #recurrence = new Recurrence(forgetMs)
  readonly #found: Counter<'ip_family'>
  readonly #drifted: Gauge<'ip_family'>

  /** @param events Absent where no API server is known. */
  constructor(registry: Registry, nodeName: string, log: Log, events?: Recorder) {
    this.#log = log
    this.#nodeName = nodeName
    this.#events = events
    this.#found = new Counter({
      name: 'pointsman_drift_total',
      help: 'Times that the kernel was found to differ from what it should hold',
      labelNames: ['ip_family'],
      registers: [registry],
    })
    this.#drifted = new Gauge({
      name: 'pointsman_drifted',
      help: 'Lines of our rules that differ in the kernel now: missing, or there besides',
      labelNames: ['ip_family'],
      registers: [registry],
    })
  }

  /** Somebody else had changed our rules. Who does so again and again is told of ever more rarely. */
  repaired(family: Family, groups: readonly ReportGroup[], figures: { repaired: number; bytes: number }): void {
    const drift = summarizeDrift(groups)
    const times = this.#count(family, groups)
    if (times !== undefined) {
      this.#log.warn(
        { family, ...figures, ...(times > 1 && { times }), ...drift },
        'somebody else changed our rules: repaired',
      )
    }
    this.#drifted.set({ ip_family: family }, 0)
    this.#tell('RulesRepaired', 'Warning', `Somebody else changed our ${family} rules; repaired`, drift)
  }

  /** The same, and the kernel did not take the repair. */
  unrepaired(family: Family, groups: readonly ReportGroup[]): void {
    const note = `Somebody else changed our ${family} rules; the kernel did not take the repair`
    this.#differs(family, groups, 'somebody else changed our rules: not repaired', note)
    this.#drifted.set({ ip_family: family }, lineCount(groups))
  }

  /** What was not repaired is. */
  mended(family: Family): void {
    this.#drifted.set({ ip_family: family }, 0)
    this.#log.info({ family }, 'our rules are as they should be again')
    this.#tell('RulesRepaired', 'Normal', `Our ${family} rules are as they should be again`)
  }

  /**
   * The kernel, which somebody else programs, differs for longer than that takes.
   *
   * @param news Those of all differences that have not been told of.
   */
  observed(family: Family, news: readonly ReportGroup[], all: readonly ReportGroup[]): void {
    if (news.length > 0) {
      const note = `The kernel's ${family} rules differ from what would be programmed`
      this.#differs(family, news, 'the kernel differs from what would be programmed', note)
    }
    this.#drifted.set({ ip_family: family }, lineCount(all))
  }

  /** A kernel that somebody else programs is as we would make it: the first that is seen of it, or again. */
  equal(family: Family, again: boolean): void {
    this.#drifted.set({ ip_family: family }, 0)
    this.#log.info({ family }, `the kernel holds what would be programmed${again ? ' again' : ''}`)
    if (again) this.#tell('RulesRepaired', 'Normal', `The kernel's ${family} rules are what would be programmed again`)
  }

  #differs(family: Family, groups: readonly ReportGroup[], message: string, note: string): void {
    const drift = summarizeDrift(groups)
    const times = this.#count(family, groups)
    if (times !== undefined) this.#log.warn({ family, ...(times > 1 && { times }), ...drift }, message)
    this.#tell('RulesDrifted', 'Warning', note, drift)
  }

  #count(family: Family, groups: readonly ReportGroup[]): number | undefined {
    this.#found.inc({ ip_family: family })
    return this.#recurrence.count(`${family} ${driftKind(groups)}`, performance.now())
  }

  #tell(reason: string, type: Happening['type'], sentence: string, drift?: DriftSummary): void {
    const note = drift === undefined ? sentence : `${sentence}: ${drift.says.join('; ')}`
    this.#events?.record({ regarding: nodeReference(this.#nodeName), type, reason, action: 'Compare', note })
  }
}

function lineCount(groups: readonly ReportGroup[]): number {
  const { linesAdded, linesRemoved } = summarize(groups)
  return linesAdded + linesRemoved
}
