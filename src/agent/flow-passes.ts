import { CommandError } from '../host/command.ts'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import type { Family } from '../net/family.ts'
import type { CleanReport, FlowCleaner } from './flow-cleaner.ts'

interface Cleaned {
  readonly family: Family
  readonly dryRun: boolean
  readonly cleaner: FlowCleaner
}

interface Observer {
  cleaned(family: Family, report: CleanReport): void
}

/** The removal of stale flows, told to log and metrics. Rules that are in stay in, whatever comes of their flows. */
export class FlowPasses {
  readonly #log: Log
  readonly #observer: Observer
  #missing = false

  constructor(log: Log, observer: Observer) {
    this.#log = log
    this.#observer = observer
  }

  /** @param retry As for {@link FlowCleaner.clean}. */
  async run({ family, dryRun, cleaner }: Cleaned, retry: boolean): Promise<void> {
    try {
      const report = await cleaner.clean(retry)
      if (report === undefined) return
      const { removed, toolMs } = report
      const figures = { family, removed, toolMs: Math.round(toolMs * 10) / 10 }
      if (removed > 0) this.#log.info(figures, `${dryRun ? 'would remove' : 'removed'} stale UDP flows`)
      if (!dryRun) this.#observer.cleaned(family, report)
    } catch (error) {
      this.#report(family, error)
    }
  }

  #report(family: Family, error: unknown): void {
    const message = errorText(error)
    const missing = error instanceof CommandError && error.missing
    if (!missing) this.#log.error(`Cannot remove stale ${family} UDP flows: ${message}`)
    else if (!this.#missing) {
      this.#log.warn(`${message}. Without it, UDP clients go on talking to endpoints that are gone.`)
    }
    this.#missing ||= missing
  }
}
