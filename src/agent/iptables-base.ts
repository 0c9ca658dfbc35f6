import { joinBaseRules, parseBaseRules, type BaseRules } from '../xtables/base-rules.ts'
import { fitToKernel, plainKernel, type KernelFacts } from '../backends/iptables/kernel-fit.ts'
import { withLocalhost } from '../backends/iptables/node-port-jumps.ts'
import { readBaseFile } from '../host/ruleset-files.ts'
import type { Family } from '../net/family.ts'

/** kube-proxy's default; the files in `rulesets/base` are written with it. */
export const defaultMasqueradeBit = 14

/** What stands in the kernel whatever the cluster is. */
export interface BaseOptions {
  /** Which bit of a packet's mark says that it is to be masqueraded, 0 to 31; absent: kube-proxy's 14. */
  readonly masqueradeBit?: number
  /** Node ports are open on loopback addresses, which IPv4 alone can have. */
  readonly localhost?: boolean
  /** The kernel it is for; absent: none in particular. */
  readonly kernel?: KernelFacts
}

/** Reads it from `rulesets/base`. */
export function readIptablesBase(
  family: Family,
  { masqueradeBit = defaultMasqueradeBit, localhost = false, kernel = plainKernel }: BaseOptions = {},
): BaseRules {
  const text = readBaseFile(`iptables-${family.toLowerCase()}.rules`)
  const base = joinBaseRules([
    parseBaseRules(text.replaceAll(markOf(defaultMasqueradeBit), markOf(masqueradeBit))),
    ...['iptables-canary.rules', 'iptables-jumps.rules'].map((name) => parseBaseRules(readBaseFile(name))),
  ])
  return fitToKernel(localhost ? withLocalhost(base, readLocalhostBase()) : base, kernel)
}

/** What stands besides where node ports are open on 127.0.0.1. */
export function readLocalhostBase(): BaseRules {
  return parseBaseRules(readBaseFile('iptables-localhost.rules'))
}

/** As kube-proxy writes it: `0x` and eight digits, e.g. 14 is `0x00004000`. */
function markOf(bit: number): string {
  return `0x${(2 ** bit).toString(16).padStart(8, '0')}`
}
