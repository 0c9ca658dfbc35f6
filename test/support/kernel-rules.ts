import type { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { walkPacket } from '../../src/backends/iptables/walk/packet-walk.ts'
import { parseSavedRules, type SavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Address } from '../../src/net/address.ts'
import type { Fate, Packet } from '../../src/plan/packet.ts'

/** The document that takes an empty kernel to the rules of a ruleset. */
export function firstSync(ruleset: IptablesRuleset): string {
  return renderFullSync(ruleset.desired(), parseSavedRules(''), 1000)
}

/** The rules as they stand in a kernel that had none, in our words. */
export function rulesInEmptyKernel(ruleset: IptablesRuleset): SavedRules {
  const builtIn = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING'].map((chain) => `:${chain} ACCEPT`)
  const tables = firstSync(ruleset)
    .split(/(?<=^COMMIT\n)/m)
    .map((table) => {
      const [name = '', ...lines] = table.split('\n')
      const inserted = lines.filter((line) => line.startsWith('-I ')).map((line) => line.replace('-I', '-A'))
      const others = lines.filter((line) => !line.startsWith('-I ')).map((line) => line.replace(/^-N (.*)/, ':$1 -'))
      // Each goes in front of the one before, behind the declarations of all chains.
      return [name, ...builtIn, ...others.slice(0, -2), ...inserted.toReversed(), 'COMMIT', ''].join('\n')
    })
  return parseSavedRules(tables.join(''))
}

/** Every way of a packet, in words: `1/2 10.244.1.4:8080 M, 1/2 10.244.2.4:8080 M`. */
export function fateOf(rules: SavedRules, packet: Packet, nodeAddresses: readonly Address[]): string {
  return walkPacket(rules, packet, nodeAddresses).map(words).join(', ')
}

/** The share, where it goes, and M when it is masqueraded. */
function words({ share: { over, under }, target, masqueraded, verdict }: Fate): string {
  if (verdict !== 'pass') return verdict
  return [`${over}/${under}`, target ?? 'untouched', masqueraded ? 'M' : ''].join(' ').trim()
}
