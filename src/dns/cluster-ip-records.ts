import type { Address } from '../net/address.ts'
import { addressRecord } from './address-record.ts'
import { rrsetsOf } from './rrset.ts'
import type { Owner } from './service-records.ts'
import { portOwners, srvRecords, type SrvRow } from './srv-records.ts'

/** A service whose ports are all at addresses of its own; one that waits for its addresses exists too. */
export function clusterIpOwners(
  addresses: readonly Address[],
  ports: readonly SrvRow['port'][],
  name: string,
  ttl: number,
): readonly Owner[] {
  const rows = ports.flatMap((port) => addresses.map(() => ({ port, target: name })))
  return [[name, rrsetsOf(ttl, [...addresses.map(addressRecord), ...srvRecords(rows)])], ...portOwners(rows, name, ttl)]
}
