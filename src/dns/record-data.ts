import { formatAddress } from '../net/address.ts'
import { nameAt } from './name.ts'
import { uint16At } from './octets.ts'
import { recordTypes } from './record-type.ts'
import type { RecordData } from './resource-record.ts'

/** What the data of a record of ours say; the reverse of `dataBytes`. */
export function readData(type: number, bytes: Uint8Array): RecordData {
  switch (type) {
    case recordTypes.A:
      return { type: 'A', address: formatAddress(bytes) }
    case recordTypes.AAAA:
      return { type: 'AAAA', address: formatAddress(bytes) }
    case recordTypes.CNAME:
      return { type: 'CNAME', target: nameAt(bytes, 0) }
    case recordTypes.NS:
      return { type: 'NS', target: nameAt(bytes, 0) }
    case recordTypes.PTR:
      return { type: 'PTR', target: nameAt(bytes, 0) }
    case recordTypes.SRV:
      return { type: 'SRV', weight: uint16At(bytes, 2), port: uint16At(bytes, 4), target: nameAt(bytes, 6) }
    case recordTypes.TXT:
      return { type: 'TXT', text: String.fromCharCode(...bytes.subarray(1)) }
    default:
      throw new RangeError(`Cannot read a record of type ${type}: there are none of ours`)
  }
}
