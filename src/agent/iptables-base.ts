import { joinBaseRules, type BaseRules } from '../xtables/base-rules.ts'
import { fitToKernel, plainKernel, type KernelFacts } from '../backends/iptables/kernel-fit.ts'
import { withLocalhost } from '../backends/iptables/node-port-jumps.ts'
import type { Family } from '../net/family.ts'
import { readBase } from './base-file.ts'

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
  { masqueradeBit, localhost = false, kernel = plainKernel }: BaseOptions = {},
): BaseRules {
  const base = joinBaseRules([
    readBase(`iptables-${family.toLowerCase()}.rules`, masqueradeBit),
    readBase('iptables-canary.rules'),
    readBase('iptables-jumps.rules'),
  ])
  return fitToKernel(localhost ? withLocalhost(base, readLocalhostBase()) : base, kernel)
}

/** What stands besides where node ports are open on 127.0.0.1. */
export function readLocalhostBase(): BaseRules {
  return readBase('iptables-localhost.rules')
}
