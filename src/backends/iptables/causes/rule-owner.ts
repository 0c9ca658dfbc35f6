import type { FamilySides } from './chain-change.ts'
import { isPortChain } from '../chain-name.ts'
import { specOf } from '../owned-rules.ts'
import type { Table } from '../../../xtables/rule.ts'
import { serviceOf } from './service-comment.ts'
import { parseServiceRule } from './service-rule.ts'

/** `shop/cart`, the Service that a line of a chain belongs to; undefined for lines of none, and of somebody else. */
export function ownerOfLine({ old, now }: FamilySides, table: Table, chain: string, line: string): string | undefined {
  // The name of a port's chain is made of the port's, so that it means the same on both sides.
  if (isPortChain(chain)) return now.serviceOfChain(chain) ?? old.serviceOfChain(chain)
  const spec = specOf(chain, line)
  return spec === undefined ? undefined : serviceOfShared(table, chain, spec)
}

/** For a rule in a chain that all share. */
export function serviceOfShared(table: Table, chain: string, spec: string): string | undefined {
  const portName = parseServiceRule(table, chain, spec)?.portName
  return portName && serviceOf(portName)
}
