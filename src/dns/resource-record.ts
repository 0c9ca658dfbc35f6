import { addressBytes, type Address } from '../net/address.ts'
import { nameBytes } from './name.ts'
import { setUint16 } from './octets.ts'

/** What a record says, by type. Names are absolute. */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: Address }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  /** Priority is always 0. */
  | { readonly type: 'SRV'; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }
  | {
      readonly type: 'SOA'
      readonly nameServer: string
      readonly mailbox: string
      readonly serial: number
      /** Seconds that a resolver may keep a denial (RFC 2308 section 4). */
      readonly minimum: number
    }

export interface ResourceRecord {
  readonly owner: string
  readonly ttl: number
  readonly data: RecordData
}

/** Refresh, retry and expire of our SOA, in seconds: nobody transfers the zone, so these are CoreDNS' figures. */
export const soaTimes = [7200, 1800, 86400] as const

/** The record as a line of a zone file: `front.web.svc.cluster.local. 5 IN A 10.96.0.10`. */
export function formatRecord(record: ResourceRecord): string {
  return `${record.owner} ${record.ttl} IN ${record.data.type} ${formatData(record.data)}`
}

/** The record data in wire form, names written out: RFC 2782 forbids to compress an SRV target. */
export function dataBytes(data: Exclude<RecordData, { type: 'SOA' }>): Uint8Array {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return addressBytes(data.address)
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return targetBytes(data.target)
    case 'SRV':
      return srvBytes(data.weight, data.port, targetBytes(data.target))
    case 'TXT':
      return Uint8Array.of(
        data.text.length,
        ...Uint8Array.from(data.text, (character) => character.codePointAt(0) ?? 0),
      )
  }
}

function formatData(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return data.address
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return data.target
    case 'SRV':
      return `0 ${data.weight} ${data.port} ${data.target}`
    case 'TXT':
      return `"${data.text}"`
    case 'SOA':
      return [data.nameServer, data.mailbox, data.serial, ...soaTimes, data.minimum].join(' ')
  }
}

function srvBytes(weight: number, port: number, target: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(6 + target.length)
  setUint16(bytes, 2, weight)
  setUint16(bytes, 4, port)
  bytes.set(target, 6)
  return bytes
}

function targetBytes(target: string): Uint8Array {
  const bytes = nameBytes(target)
  // Targets are checked where records are made; a record with a broken one is a defect of ours.
  if (bytes === undefined) throw new RangeError(`Cannot write the name "${target}": it is not a DNS name`)
  return bytes
}
