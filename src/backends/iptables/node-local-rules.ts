import type { NodeLocalPackets } from '../../plan/node-local-dns.ts'
import { familyOf, type Address } from '../../net/address.ts'
import type { BaseRules, BaseTable } from '../../xtables/base-rules.ts'
import { cleanTable, joinCleanups, type Cleanup } from './cleanup.ts'
import { repairTable } from './full-sync.ts'
import type { Rule, Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

/** The tables that have rules of ours for the node's own DNS. */
export const nodeLocalTables: readonly Table[] = ['filter', 'raw']

/**
 * The iptables-restore --noflush document that makes the kernel keep these packets on the node, whatever it holds of ours
 * now; empty when it does already. The packets are of one family; without an address it is what takes everything away.
 *
 * The filter table comes first: a packet that is not tracked does not match `--ctstate ESTABLISHED` either.
 */
export function renderNodeLocal(packets: NodeLocalPackets, kernel: SavedRules): string {
  if (packets.addresses.length === 0) return cleanNodeLocal(kernel).document
  const desired = { base: baseOf(packets), fragments: [] }
  return nodeLocalTables.map((table) => repairTable(table, desired, kernel)).join('')
}

/** What removes all of it, and nothing else. */
export function cleanNodeLocal(kernel: SavedRules): Cleanup {
  const base = baseOf({ addresses: [], ports: [] })
  // From raw first: then queries go where they went before, while the answers that are under way still pass.
  return joinCleanups(nodeLocalTables.toReversed().map((table) => cleanTable(table, base, kernel)))
}

const inChain = 'POINTSMAN-DNS-IN'
const outChain = 'POINTSMAN-DNS-OUT'

function baseOf({ addresses, ports }: NodeLocalPackets): BaseRules {
  const rules = (chain: string, direction: Direction, target: string) =>
    addresses.flatMap((address) => ports.map((port) => ruleFor(chain, direction, address, port, target)))
  const notrack = 'CT --notrack'
  return {
    raw: {
      ...nothing,
      chains: [inChain, outChain],
      before: [
        ...rules(inChain, 'query', notrack),
        // A program of the node asks, and the node answers, from the node.
        ...rules(outChain, 'query', notrack),
        ...rules(outChain, 'answer', notrack),
      ],
      inserted: [jump('PREROUTING', 'not tracked', inChain), jump('OUTPUT', 'not tracked', outChain)],
    },
    filter: {
      ...nothing,
      chains: [inChain, outChain],
      before: [...rules(inChain, 'query', 'ACCEPT'), ...rules(outChain, 'answer', 'ACCEPT')],
      inserted: [jump('INPUT', 'let in', inChain), jump('OUTPUT', 'let out', outChain)],
    },
    nat: nothing,
    mangle: nothing,
  }
}

const nothing: BaseTable = { chains: [], before: [], after: [], inserted: [], sharedChains: [] }

type Direction = 'query' | 'answer'

function ruleFor(
  chain: string,
  direction: Direction,
  address: Address,
  { protocol, port }: NodeLocalPackets['ports'][number],
  target: string,
): Rule {
  const host = `${address}/${familyOf(address) === 'IPv4' ? 32 : 128}`
  const [where, which] = direction === 'query' ? ['-d', '--dport'] : ['-s', '--sport']
  return { chain, spec: `${where} ${host} -p ${protocol} -m ${protocol} ${which} ${port} -j ${target}` }
}

function jump(chain: string, what: string, to: string): Rule {
  return { chain, spec: `-m comment --comment "DNS of this node, ${what}" -j ${to}` }
}
