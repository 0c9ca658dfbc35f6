import { localAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Family } from '../net/family.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { Programmer } from './programmer.ts'

/** How one family's rules reach the kernel. */
export interface FamilyTool {
  readonly family: Family
  readonly tool: IptablesTool
  /** About so many lines in one COMMIT. */
  readonly blockLines: number
}

/** The rules of each family in the kernel: programmed one after the other, and no family waits for another to succeed. */
export class FamilyPrograms {
  readonly #programmers: readonly { readonly family: Family; readonly programmer: Programmer }[]
  readonly #log: Log
  readonly #reported = new Set<Family>()

  constructor(state: ClusterState, options: Omit<RulesetOptions, 'family'>, tools: readonly FamilyTool[], log: Log) {
    this.#programmers = tools.map(({ family, tool, blockLines }) => {
      const ruleset = new IptablesRuleset(state, { ...options, family })
      return { family, programmer: new Programmer(ruleset, tool, blockLines) }
    })
    this.#log = log
  }

  /** Plans these services anew; the next sync programs them. */
  touch(services: ReadonlySet<string>): void {
    for (const { programmer } of this.#programmers) programmer.touch(services)
  }

  /**
   * Programs what is pending, logs what was written, and throws one error for all families that failed.
   *
   * @param changedAt When the cluster changed, as `performance.now()`; absent when nothing says so.
   * @param check Whether to read the kernel back too, if that is due.
   */
  async sync(changedAt: number | undefined, check: boolean): Promise<void> {
    const addresses = localAddresses()
    const failures: string[] = []
    for (const { family, programmer } of this.#programmers) {
      try {
        programmer.setLocalAddresses(addresses)
        await this.#syncFamily(family, programmer, changedAt, check)
      } catch (error) {
        failures.push(`${family}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    if (failures.length > 0) throw new Error(failures.join('; '))
  }

  async #syncFamily(family: Family, programmer: Programmer, changedAt: number | undefined, check: boolean) {
    const { kind, services, bytes, ownMs, toolMs } = await programmer.sync(check)
    // That the kernel was right already is news only at the start.
    if (bytes === 0 && this.#reported.has(family)) return
    this.#reported.add(family)
    const sinceChangeMs = changedAt === undefined ? undefined : round(performance.now() - changedAt)
    const figures = { ownMs: round(ownMs), toolMs: round(toolMs), sinceChangeMs }
    this.#log.info({ family, kind, services, bytes, ...figures }, 'programmed')
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
