import { parseBaseRules, parseJumps, type BaseRules, type Jumps } from '../backends/iptables/base-rules.ts'
import { readBaseFile } from '../host/ruleset-files.ts'
import type { Family } from '../net/family.ts'

/** kube-proxy's default; the files in `rulesets/base` are written with it. */
export const defaultMasqueradeBit = 14

/**
 * What stands in the kernel whatever the cluster is: read from `rulesets/base`.
 *
 * @param masqueradeBit Which bit of a packet's mark says that it is to be masqueraded, 0 to 31.
 */
export function readIptablesBase(
  family: Family,
  masqueradeBit = defaultMasqueradeBit,
): { readonly base: BaseRules; readonly jumps: Jumps } {
  const text = readBaseFile(`iptables-${family.toLowerCase()}.rules`)
  return {
    base: parseBaseRules(text.replaceAll(markOf(defaultMasqueradeBit), markOf(masqueradeBit))),
    jumps: parseJumps(readBaseFile('iptables-jumps.rules')),
  }
}

/** As kube-proxy writes it: `0x` and eight digits, e.g. 14 is `0x00004000`. */
function markOf(bit: number): string {
  return `0x${(2 ** bit).toString(16).padStart(8, '0')}`
}
