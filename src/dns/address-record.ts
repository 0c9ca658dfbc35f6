import { familyOf, type Address } from '../net/address.ts'
import type { RecordData } from './resource-record.ts'

export function addressRecord(address: Address): RecordData {
  return { type: familyOf(address) === 'IPv4' ? 'A' : 'AAAA', address }
}
