import type { FamilyBackend, OtherMode } from './family-backend.ts'
import type { IpvsTools } from './ipvs-kernel.ts'
import { IpvsProgrammer } from './ipvs-programmer.ts'
import { IpvsRuleset, type IpvsOptions } from './ipvs-ruleset.ts'
import { optional } from '../model/optional.ts'

export function ipvsBackend(
  options: Omit<IpvsOptions, 'family'>,
  tools: IpvsTools,
  { dryRun, otherMode }: { readonly dryRun: boolean; readonly otherMode?: OtherMode },
): FamilyBackend {
  const { family } = tools
  return {
    family,
    dryRun,
    start(state, readPauseMs) {
      const ruleset = new IpvsRuleset(state, { ...options, family })
      const programmer = new IpvsProgrammer(ruleset, tools, readPauseMs)
      return { programmer, flows: ruleset, ...optional('otherMode', otherMode) }
    },
  }
}
