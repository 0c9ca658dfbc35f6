import type { Address } from '../net/address.ts'
import { addressLabel } from './address-label.ts'
import { addressRecord } from './address-record.ts'
import { isName } from './name.ts'
import { rrsetsOf } from './rrset.ts'
import type { ServiceRecords } from './service-records.ts'
import { apexNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'

/**
 * The name of the pods with an address in a namespace, `10-244-1-7.shop.pod.cluster.local`; several on the host's network
 * share one.
 */
export function podRecords(namespace: string, address: Address, options: ZoneOptions): ServiceRecords {
  const rrsets = rrsetsOf(options.ttl, [addressRecord(address)])
  const names = apexNames(options).map((apex) => `${addressLabel(address)}.${namespace}.pod.${apex}`)
  return { namespace, owners: new Map(names.filter(isName).map((name) => [name, rrsets])), reverse: [] }
}
