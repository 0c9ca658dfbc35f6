import type { BaseRules, Jumps } from './base-rules.ts'
import { isPortChain } from './chain-name.ts'
import { formatTable } from './document.ts'
import { ruleKey } from './rule-key.ts'
import { chainLine, tables } from './rule.ts'
import type { SavedRules } from './saved-rules.ts'

/**
 * The iptables-restore --noflush document that removes everything of ours, and nothing else: the jumps, then the
 * chains. Empty when the kernel holds none of it.
 */
export function renderCleanup(base: BaseRules, jumps: Jumps, kernel: SavedRules): string {
  return tables
    .map((table) => {
      const ours = [...kernel[table].keys()].filter(
        (chain) => base[table].chains.includes(chain) || (table === 'nat' && isPortChain(chain)),
      )
      const keys = new Set(jumps[table].map(({ chain, spec }) => `${chain} ${ruleKey(spec)}`))
      const leading = [...new Set(jumps[table].map((jump) => jump.chain))].flatMap((chain) =>
        (kernel[table].get(chain) ?? [])
          .filter((spec) => keys.has(`${chain} ${ruleKey(spec)}`))
          .map((spec) => `-D ${chain} ${spec}`),
      )
      return formatTable({
        table,
        chains: ours.map(chainLine),
        rules: [...leading, ...ours.map((chain) => `-X ${chain}`)],
      })
    })
    .join('')
}
