import type { Family } from '../net/family.ts'
import type { FamilyBackend, OtherMode } from './family-backend.ts'
import { IptablesRuleset, type RulesetOptions } from './iptables-ruleset.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { optional } from '../model/optional.ts'
import { Programmer } from './programmer.ts'

/** How one family's rules reach the kernel with iptables alone. */
export interface IptablesFamily {
  readonly family: Family
  readonly tool: IptablesTool
  /** About so many lines in one COMMIT. */
  readonly blockLines: number
  /** Documents are printed, not applied. */
  readonly dryRun: boolean
  readonly otherMode?: OtherMode
}

export function iptablesBackend(
  options: Omit<RulesetOptions, 'family'>,
  { family, tool, blockLines, dryRun, otherMode }: IptablesFamily,
): FamilyBackend {
  return {
    family,
    dryRun,
    start(state, readPauseMs) {
      const ruleset = new IptablesRuleset(state, { ...options, family })
      const programmer = new Programmer(ruleset, tool, blockLines, readPauseMs)
      return { programmer, flows: ruleset, ...optional('otherMode', otherMode) }
    },
  }
}
