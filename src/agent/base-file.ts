import { readBaseFile } from '../host/ruleset-files.ts'
import { parseBaseRules, type BaseRules } from '../xtables/base-rules.ts'

/** kube-proxy's default; the files in `rulesets/base` are written with it. */
export const defaultMasqueradeBit = 14

/** Reads a file of `rulesets/base`, with this bit of a packet's mark in place of the default one. */
export function readBase(name: string, masqueradeBit = defaultMasqueradeBit): BaseRules {
  return parseBaseRules(readBaseFile(name).replaceAll(markOf(defaultMasqueradeBit), markOf(masqueradeBit)))
}

/** As kube-proxy writes it: `0x` and eight digits, e.g. 14 is `0x00004000`. */
function markOf(bit: number): string {
  return `0x${(2 ** bit).toString(16).padStart(8, '0')}`
}
