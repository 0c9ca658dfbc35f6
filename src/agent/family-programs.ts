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
  /** Documents are printed, not applied. */
  readonly dryRun: boolean
}

interface Program {
  readonly family: Family
  readonly dryRun: boolean
  readonly programmer: Programmer
}

/** The rules of each family in the kernel: programmed one after the other, and no family waits for another to succeed. */
export class FamilyPrograms {
  readonly #programs: readonly Program[]
  readonly #log: Log
  readonly #reported = new Set<Family>()

  constructor(state: ClusterState, options: Omit<RulesetOptions, 'family'>, tools: readonly FamilyTool[], log: Log) {
    this.#programs = tools.map(({ family, tool, blockLines, dryRun }) => {
      const ruleset = new IptablesRuleset(state, { ...options, family })
      return { family, dryRun, programmer: new Programmer(ruleset, tool, blockLines) }
    })
    this.#log = log
  }

  /** Plans these services anew; the next sync programs them. */
  touch(services: ReadonlySet<string>): void {
    for (const { programmer } of this.#programs) programmer.touch(services)
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
    for (const program of this.#programs) {
      try {
        program.programmer.setLocalAddresses(addresses)
        await this.#syncFamily(program, changedAt, check)
      } catch (error) {
        failures.push(`${program.family}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    if (failures.length > 0) throw new Error(failures.join('; '))
  }

  async #syncFamily({ family, dryRun, programmer }: Program, changedAt: number | undefined, check: boolean) {
    const { kind, services, bytes, ownMs, toolMs } = await programmer.sync(check)
    // That the kernel was right already is news only at the start.
    if (bytes === 0 && this.#reported.has(family)) return
    this.#reported.add(family)
    const sinceChangeMs = changedAt === undefined ? undefined : round(performance.now() - changedAt)
    const figures = { ownMs: round(ownMs), toolMs: round(toolMs), sinceChangeMs }
    this.#log.info({ family, kind, services, bytes, ...figures }, dryRun ? 'would program' : 'programmed')
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
