import type { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { walkPacket, type Fate, type Packet } from '../../src/backends/iptables/packet-walk.ts'
import { parseSavedRules, type SavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Address } from '../../src/net/address.ts'

/** The rules as they stand in a kernel that had none. */
export function rulesInEmptyKernel(ruleset: IptablesRuleset): SavedRules {
  const sent = renderFullSync(ruleset.desired(), parseSavedRules(''), 1000)
  const builtIn = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING'].map((chain) => `:${chain} ACCEPT`)
  const tables = sent.split(/(?<=^COMMIT\n)/m).map((table) => {
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

/** The share in its lowest terms, where it goes, and M when it is masqueraded. */
function words({ share, target, masqueraded, verdict }: Fate): string {
  if (verdict !== 'pass') return verdict
  const divisor = greatestCommonDivisor(share.over, share.under)
  return [`${share.over / divisor}/${share.under / divisor}`, target ?? 'untouched', masqueraded ? 'M' : '']
    .join(' ')
    .trim()
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}
