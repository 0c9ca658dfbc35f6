import { parseBaseRules, parseJumps, type BaseRules, type Jumps } from '../backends/iptables/base-rules.ts'
import { readBaseFile } from '../host/ruleset-files.ts'
import type { Family } from '../net/family.ts'

/** What stands in the kernel whatever the cluster is: read from `rulesets/base`. */
export function readIptablesBase(family: Family): { readonly base: BaseRules; readonly jumps: Jumps } {
  return {
    base: parseBaseRules(readBaseFile(`iptables-${family.toLowerCase()}.rules`)),
    jumps: parseJumps(readBaseFile('iptables-jumps.rules')),
  }
}
