import type { FamilySides } from './chain-change.ts'
import { isPortChain } from './chain-name.ts'
import { specOf } from './owned-rules.ts'
import type { Table } from './rule.ts'

/** A line of one chain on one side. */
export interface PlacedLine {
  readonly table: Table
  readonly chain: string
  readonly side: 'old' | 'now'
  readonly line: string
}

/** `shop/cart`, the Service that a line belongs to; undefined for lines of none, and of somebody else. */
export function ownerOfLine(sides: FamilySides, { table, chain, side, line }: PlacedLine): string | undefined {
  // The name of a port's chain is made of the port's, so that it means the same on both sides.
  if (isPortChain(chain)) return sides.now.serviceOfChain(chain) ?? sides.old.serviceOfChain(chain)
  const spec = specOf(chain, line)
  return spec === undefined ? undefined : sides[side].serviceOfRule(table, chain, spec)
}
