import { parseAddress } from '../net/address.ts'
import { isWithin, spelledName } from './name.ts'
import { rrsetsOf } from './rrset.ts'
import type { Owner } from './service-records.ts'

/** An IP literal is no alias, and CoreDNS answers nothing for it. An alias of itself or of a name below leads nowhere. */
export function aliasOwners(externalName: string, name: string, ttl: number): readonly Owner[] {
  const target = spelledName(externalName)
  if (target === undefined || parseAddress(externalName) !== undefined) return []
  if (isWithin(target.toLowerCase(), name)) return [[name, []]]
  return [[name, rrsetsOf(ttl, [{ type: 'CNAME', target }])]]
}
