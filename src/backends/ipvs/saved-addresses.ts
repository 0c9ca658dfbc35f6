import { Field } from '../../model/field.ts'
import { familyOf, parseAddress, type Address } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import { isLinkLocal, isLoopback } from '../../plan/node-port-addresses.ts'
import { ipvsInterface } from './documents.ts'

export interface SavedAddresses {
  /** What our interface has, sorted; empty also without the interface. */
  readonly bound: ReadonlySet<Address>
  /** What all others have, sorted, without loopback and link-local addresses. */
  readonly node: ReadonlySet<Address>
}

/** Reads what `ip -j addr show` prints of one family; throws a SyntaxError or a FieldError where it is no such text. */
export function parseSavedAddresses(json: string, family: Family): SavedAddresses {
  const value: unknown = JSON.parse(json)
  const all = new Field(value).items().flatMap((link) => {
    const ours = link.get('ifname').value === ipvsInterface
    return link
      .get('addr_info')
      .items()
      .flatMap((info) => parseAddress(info.get('local').text() ?? '') ?? [])
      .filter((address) => familyOf(address) === family && !isLoopback(address) && !isLinkLocal(address))
      .map((address) => ({ ours, address }))
  })
  const of = (side: boolean) => new Set(all.flatMap(({ ours, address }) => (ours === side ? [address] : [])).sort())
  return { bound: of(true), node: of(false) }
}
