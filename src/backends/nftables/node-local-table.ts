import type { Family } from '../../net/family.ts'
import type { NodeLocalPackets } from '../../plan/node-local-dns.ts'

/** Its name; nothing else of ours is in the kernel's nftables. */
export const nodeLocalTable = 'pointsman-dns'

/** The word of nft for a family, e.g. in `list table ip6 pointsman-dns`. */
export function tableFamily(family: Family): 'ip' | 'ip6' {
  return family === 'IPv4' ? 'ip' : 'ip6'
}

/**
 * The `nft -f -` script that makes the kernel keep these packets on the node, whatever the table holds now, in one
 * transaction: no packet meets a table that is half there. The packets are of one family; without an address it is
 * {@link removeNodeLocalTable}.
 *
 * No rule accepts anything: in nftables a packet that one table accepts may still be dropped by another.
 */
export function renderNodeLocalTable(family: Family, packets: NodeLocalPackets): string {
  if (packets.addresses.length === 0) return removeNodeLocalTable(family)
  const ip = tableFamily(family)
  return [
    removeNodeLocalTable(family).trimEnd(),
    `table ${ip} ${nodeLocalTable} {`,
    ...chain('prerouting', notTracked(ip, 'daddr', packets)),
    // A program of the node asks, and the node answers, from the node.
    ...chain('output', [...notTracked(ip, 'daddr', packets), ...notTracked(ip, 'saddr', packets)]),
    '}',
    '',
  ].join('\n')
}

/** Removes the table, also where there is none: `destroy` would say that too, but older releases do not know it. */
export function removeNodeLocalTable(family: Family): string {
  const table = `table ${tableFamily(family)} ${nodeLocalTable}`
  return `add ${table}\ndelete ${table}\n`
}

function chain(hook: 'prerouting' | 'output', rules: readonly string[]): readonly string[] {
  return [
    `  chain ${hook} {`,
    // As a number: older releases refuse names of priorities in some hooks. -300 is raw, before connection tracking.
    `    type filter hook ${hook} priority -300; policy accept;`,
    ...rules.map((rule) => `    ${rule}`),
    '  }',
  ]
}

function notTracked(
  ip: 'ip' | 'ip6',
  side: 'daddr' | 'saddr',
  { addresses, ports }: NodeLocalPackets,
): readonly string[] {
  const which = side === 'daddr' ? 'dport' : 'sport'
  return ports.map(
    ({ protocol, port }) => `${ip} ${side} { ${addresses.join(', ')} } ${protocol} ${which} ${port} notrack`,
  )
}
