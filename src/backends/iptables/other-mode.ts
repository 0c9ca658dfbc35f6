import { subtractBaseRules, type BaseRules } from '../../xtables/base-rules.ts'
import { isPortChain } from './chain-name.ts'
import { planCleanup, type Cleanup } from './cleanup.ts'
import type { SavedRules } from './saved-rules.ts'

/**
 * What takes the rules of another mode out of the kernel, as far as ours do not need them: its chains that we have not, and
 * its jumps that we have not. Chains of services are left to the full sync of iptables mode.
 */
export function cleanOtherMode(other: BaseRules, ours: BaseRules, kernel: SavedRules): Cleanup {
  const nat = new Map([...kernel.nat].filter(([chain]) => !isPortChain(chain)))
  return planCleanup(subtractBaseRules(other, ours), { ...kernel, nat })
}
